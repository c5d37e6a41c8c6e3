import GRDB

/// A table of the store, and its rows that the stops have written, in order.
final class ChangedTable {
    private let name: String
    /// Writes one row.
    let write: String
    private let rows: RowCursor

    /// Its rows existed before and were changed; those of all others are new.
    var isTask: Bool { name == "task" }

    /// Every table but `meta`, which has one row that each commit rewrites.
    ///
    /// - Parameter source: the store behind the stops, with the one before them attached as `before`.
    static func all(_ source: Database) throws -> [ChangedTable] {
        try String.fetchAll(
            source,
            sql: """
                SELECT name FROM sqlite_schema
                WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'meta' ORDER BY name
                """
        ).map { try ChangedTable($0, source) }
    }

    private init(_ name: String, _ source: Database) throws {
        self.name = name
        let columns = try String.fetchAll(source, sql: "SELECT name FROM pragma_table_info(?)", arguments: [name])
        let key = columns[0]
        let changed: String
        switch name {
        case "task":
            changed = "WHERE revision > (SELECT revision FROM before.meta) ORDER BY revision, \(key)"
            let values = columns.dropFirst().enumerated().map { "\($1) = ?\($0 + 2)" }.joined(separator: ", ")
            write = "UPDATE task SET \(values) WHERE \(key) = ?1"
        default:
            changed = "WHERE \(key) > (SELECT coalesce(max(\(key)), 0) FROM before.\(name)) ORDER BY 1, 2"
            let values = columns.map { _ in "?" }.joined(separator: ", ")
            write = "INSERT INTO \(name) VALUES (\(values))"
        }
        rows = try Row.fetchCursor(source, sql: "SELECT * FROM main.\(name) \(changed)")
    }

    /// The rows of the next commit.
    /// - Parameter tasks: how many tasks it changes; a page of a batch has the items of all of them.
    func next(_ tasks: Int) throws -> [StatementArguments] {
        var next: [StatementArguments] = []
        while next.count < (name == "batch_page" ? 1 : tasks), let row = try rows.next() {
            next.append(StatementArguments(row.databaseValues))
        }
        return next
    }
}
