/// What the selected databases of the source hold.
struct SourceCatalog: Sendable {
    var tables: [SourceTable] = []
    var routines: [SourceRoutine] = []

    var baseTables: [SourceTable] { tables.filter { $0.kind == .table } }
    var views: [SourceTable] { tables.filter { $0.kind == .view } }
    var sequences: [SourceTable] { tables.filter { $0.kind == .sequence } }

    static func read(_ session: MariaDBSession, databases: [String], excluded: Set<String>) throws -> SourceCatalog {
        let list = SQLText.list(databases)
        var catalog = SourceCatalog()
        let columns = try readColumns(session, list)
        let keys = try readKeys(session, list)
        let rows = try session.query(
            """
            SELECT table_schema, table_name, table_type, engine, table_rows, data_length \
            FROM information_schema.tables WHERE table_schema IN (\(list)) ORDER BY table_schema, table_name
            """, as: "list tables")
        for row in rows {
            guard let database = row[0], let name = row[1],
                let kind = row[2].flatMap(SourceTable.Kind.init(rawValue:)), !excluded.contains("\(database).\(name)")
            else { continue }
            var table = SourceTable(
                database: database, name: name, kind: kind, engine: row[3] ?? "",
                rowsEstimated: row[4].flatMap { UInt64($0) } ?? 0, dataBytes: row[5].flatMap { UInt64($0) } ?? 0)
            table.columns = columns[table.path] ?? []
            table.keyColumns = bestKey(keys[table.path] ?? [], table)
            catalog.tables.append(table)
        }
        catalog.routines = try readRoutines(session, list)
        return catalog
    }

    private static func readColumns(_ session: MariaDBSession, _ list: String) throws -> [String: [SourceColumn]] {
        let rows = try session.query(
            """
            SELECT table_schema, table_name, column_name, data_type, column_type, is_nullable, character_set_name, \
            is_generated FROM information_schema.columns WHERE table_schema IN (\(list)) \
            ORDER BY table_schema, table_name, ordinal_position
            """, as: "list columns", maxRows: 2_000_000, maxBytes: 512 << 20)
        var columns: [String: [SourceColumn]] = [:]
        for row in rows {
            guard let database = row[0], let table = row[1], let name = row[2] else { continue }
            columns["\(database).\(table)", default: []].append(
                SourceColumn(
                    name: name, dataType: (row[3] ?? "").lowercased(), columnType: row[4] ?? "",
                    isNullable: row[5] == "YES", characterSet: row[6], isGenerated: row[7] == "ALWAYS"))
        }
        return columns
    }

    private struct KeyPart {
        var key: String
        var column: String
        var isPrefix: Bool
    }

    private static func readKeys(_ session: MariaDBSession, _ list: String) throws -> [String: [KeyPart]] {
        let rows = try session.query(
            """
            SELECT table_schema, table_name, index_name, column_name, sub_part FROM information_schema.statistics \
            WHERE table_schema IN (\(list)) AND non_unique=0 \
            ORDER BY table_schema, table_name, index_name='PRIMARY' DESC, index_name, seq_in_index
            """, as: "list unique keys", maxRows: 2_000_000)
        var keys: [String: [KeyPart]] = [:]
        for row in rows {
            guard let database = row[0], let table = row[1], let key = row[2], let column = row[3] else { continue }
            keys["\(database).\(table)", default: []].append(
                KeyPart(key: key, column: column, isPrefix: row[4] != nil))
        }
        return keys
    }

    /// The first key, the primary one before others, that has no NULL and no prefix column.
    private static func bestKey(_ parts: [KeyPart], _ table: SourceTable) -> [String] {
        var names: [String] = []
        for part in parts where !names.contains(part.key) { names.append(part.key) }
        for name in names {
            let own = parts.filter { $0.key == name }
            let usable = own.allSatisfy { !$0.isPrefix && table.column($0.column)?.isNullable == false }
            if usable { return own.map(\.column) }
        }
        return []
    }

    private static func readRoutines(_ session: MariaDBSession, _ list: String) throws -> [SourceRoutine] {
        try session.query(
            """
            SELECT routine_schema, routine_name, routine_type, definer, is_deterministic, sql_data_access \
            FROM information_schema.routines WHERE routine_schema IN (\(list)) \
            ORDER BY routine_schema, routine_type, routine_name
            """, as: "list routines"
        ).compactMap { row in
            guard let database = row[0], let name = row[1], let type = row[2] else { return nil }
            let unsafe =
                type == "FUNCTION" && row[4] == "NO" && ["CONTAINS SQL", "MODIFIES SQL DATA"].contains(row[5] ?? "")
            return SourceRoutine(
                database: database, name: name, type: type, definer: row[3] ?? "", isUnsafeForBinlog: unsafe)
        }
    }
}
