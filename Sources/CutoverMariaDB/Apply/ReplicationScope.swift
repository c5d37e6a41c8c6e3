/// Which databases and tables a task carries over.
struct ReplicationScope: Sendable {
    let databases: Set<String>
    /// As `database.table`.
    let excludedTables: Set<String>

    init(databases: some Sequence<String>, excludedTables: Set<String> = []) {
        self.databases = Set(databases)
        self.excludedTables = excludedTables
    }

    func contains(database: String, table: String) -> Bool {
        databases.contains(database) && !excludedTables.contains("\(database).\(table)")
    }

    func contains(_ name: ObjectName) -> Bool {
        guard let object = name.object else { return databases.contains(name.database) }
        return contains(database: name.database, table: object)
    }

    /// Whether a statement could touch the task's databases: it ran in one of them, or its text holds a name of one.
    ///
    /// Used where a wrong yes only makes an error, for statements whose objects are not parsed.
    func mayTouch(_ query: QueryEvent) -> Bool {
        if databases.contains(query.database) { return true }
        let text = String(decoding: query.statement, as: UTF8.self).lowercased()
        return databases.contains { text.contains($0.lowercased()) }
    }
}
