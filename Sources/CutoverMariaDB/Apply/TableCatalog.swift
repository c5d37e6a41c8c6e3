internal import CutoverTasks

/// Reads and keeps table definitions of the destination; to be emptied after each change of schema.
final class TableCatalog {
    private struct Key: Hashable {
        var database: String
        var table: String
    }

    private let session: MariaDBSession
    private var definitions: [Key: TableDefinition] = [:]
    /// Tables with a foreign key to or from them.
    private var related: Set<Key>?
    /// A bound against schemas with very many tables; what falls out is read again.
    private static let limit = 10_000

    init(_ session: MariaDBSession) {
        self.session = session
    }

    func forgetAll() {
        definitions = [:]
        related = nil
    }

    func definition(database: String, table: String) throws -> TableDefinition {
        let key = Key(database: database, table: table)
        if let known = definitions[key] { return known }
        if definitions.count >= Self.limit { definitions = [:] }
        let definition = try load(key)
        definitions[key] = definition
        return definition
    }

    private func load(_ key: Key) throws -> TableDefinition {
        let place = "TABLE_SCHEMA=\(SQLText.string(key.database)) AND TABLE_NAME=\(SQLText.string(key.table))"
        let operation = "read the definition of \(key.database).\(key.table)"
        guard
            let type = try session.query(
                "SELECT TABLE_TYPE FROM information_schema.TABLES WHERE \(place)", as: operation
            ).first?[0]
        else {
            throw ReplicationError(.divergence, "Table \(key.database).\(key.table) is missing at the destination.")
        }
        let columns = try columns(place, operation)
        let (identity, hasOthers) = try keys(place, operation, columns: columns)
        return TableDefinition(
            database: key.database, table: key.table, kind: Self.kind(type), columns: columns, key: identity,
            hasOtherUniqueKeys: hasOthers, hasForeignKeys: try relatedTables().contains(key))
    }

    private static func kind(_ type: String) -> TableDefinition.Kind {
        switch type.uppercased() {
        case "BASE TABLE": .base
        case "SEQUENCE": .sequence
        default: .other(type)
        }
    }

    private func columns(_ place: String, _ operation: String) throws -> [ColumnDefinition] {
        let rows = try session.query(
            """
            SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_GENERATED, CHARACTER_SET_NAME, CHARACTER_OCTET_LENGTH, \
            DATETIME_PRECISION FROM information_schema.COLUMNS WHERE \(place) ORDER BY ORDINAL_POSITION
            """, as: operation)
        return rows.map { row in
            let dataType = (row[1] ?? "").lowercased()
            return ColumnDefinition(
                name: row[0] ?? "", dataType: dataType,
                isUnsigned: (row[2] ?? "").lowercased().contains("unsigned") && dataType != "enum" && dataType != "set",
                isGenerated: row[3]?.uppercased() == "ALWAYS", characterSet: row[4],
                byteLength: row.integer(5).map { Int($0) }, fractionDigits: row.integer(6).map { Int($0) } ?? 0)
        }
    }

    /// The key that identifies rows, and whether there are more unique keys than that.
    private func keys(
        _ place: String, _ operation: String, columns: [ColumnDefinition]
    ) throws -> (key: [Int], hasOthers: Bool) {
        let rows = try session.query(
            """
            SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, NULLABLE FROM information_schema.STATISTICS \
            WHERE \(place) AND NON_UNIQUE=0 ORDER BY INDEX_NAME='PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX
            """, as: operation)
        let positions = Dictionary(
            columns.enumerated().map { ($0.element.name.lowercased(), $0.offset) },
            uniquingKeysWith: { first, _ in first })
        var order: [String] = []
        var parts: [String: [Int]] = [:]
        var unfit: Set<String> = []
        for row in rows {
            let name = row[0] ?? ""
            if parts[name] == nil { order.append(name) }
            guard let position = positions[(row[1] ?? "").lowercased()] else {
                unfit.insert(name)
                parts[name, default: []] += []
                continue
            }
            parts[name, default: []].append(position)
            if row[2] != nil || row[3]?.uppercased() == "YES" || columns[position].isGenerated { unfit.insert(name) }
        }
        let identity = order.first { !unfit.contains($0) }
        return (identity.flatMap { parts[$0] } ?? [], order.count > (identity == nil ? 0 : 1))
    }

    private func relatedTables() throws -> Set<Key> {
        if let related { return related }
        let rows = try session.query(
            """
            SELECT CONSTRAINT_SCHEMA, TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME \
            FROM information_schema.REFERENTIAL_CONSTRAINTS
            """, as: "read the foreign keys", maxRows: 1_000_000)
        var found: Set<Key> = []
        for row in rows {
            found.insert(Key(database: row[0] ?? "", table: row[1] ?? ""))
            found.insert(Key(database: row[2] ?? "", table: row[3] ?? ""))
        }
        related = found
        return found
    }
}
