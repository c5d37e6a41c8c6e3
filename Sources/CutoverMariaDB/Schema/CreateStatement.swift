/// The text that makes an object, with the session settings under which it means the same as at the source.
struct CreateStatement: Sendable, Hashable {
    var database: String
    var name: String
    /// The statement as the source stores it, in `characterSet`.
    var bytes: [UInt8]
    var sqlMode: String
    var characterSet: String
    var collation: String
    /// Session time zone of an event.
    var timeZone: String?

    /// For people; bytes that are no UTF-8 are replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The settings to make before the statement, as statements.
    var settings: [String] {
        var assignments = ["sql_mode=\(SQLText.string(sqlMode))"]
        if !characterSet.isEmpty {
            assignments.append("character_set_client=\(SQLText.string(characterSet))")
            assignments.append("collation_connection=\(SQLText.string(collation))")
        }
        if let timeZone { assignments.append("time_zone=\(SQLText.string(timeZone))") }
        return ["USE \(SQLText.name(database))", "SET SESSION " + assignments.joined(separator: ", ")]
    }

    /// Settings that undo ``settings`` on a session of the engine.
    static let reset =
        "SET SESSION sql_mode='', time_zone='+00:00', character_set_client=utf8mb4, "
        + "collation_connection=utf8mb4_general_ci"

    /// Runs the statement on a session of the engine and puts its settings back.
    func run(_ session: MariaDBSession, bytes: [UInt8]? = nil, as operation: String) throws {
        do {
            for setting in settings { try session.execute(setting, as: operation) }
            try session.execute(bytes: bytes ?? self.bytes, as: operation)
            try session.execute(Self.reset, as: operation)
        } catch {
            // If this fails the connection is gone, and its settings with it.
            _ = try? session.execute(Self.reset, as: operation)
            throw error
        }
    }

    /// Reads the definition of a view, routine, trigger or event as the stored bytes.
    ///
    /// - Parameter kind: the word after SHOW CREATE.
    /// - Returns: nil if the account may see that the object exists, but not its text.
    static func read(
        _ session: MariaDBSession, kind: String, database: String, name: String
    ) throws -> CreateStatement? {
        try session.execute("SET SESSION character_set_results=NULL", as: "read a definition")
        defer { _ = try? session.execute("SET SESSION character_set_results=utf8mb4", as: "read a definition") }
        let rows = try session.query("SHOW CREATE \(kind) \(SQLText.name(database, name))", as: "read a definition")
        guard let row = rows.first,
            let column = row.names.firstIndex(where: { $0.hasPrefix("Create ") || $0 == "SQL Original Statement" }),
            let bytes = row.bytes(column)
        else { return nil }
        return CreateStatement(
            database: database, name: name, bytes: bytes, sqlMode: row["sql_mode"] ?? "",
            characterSet: row["character_set_client"] ?? "", collation: row["collation_connection"] ?? "",
            timeZone: row["time_zone"])
    }
}
