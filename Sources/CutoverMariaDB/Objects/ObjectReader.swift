internal import CutoverModel
internal import CutoverTasks

/// Reads triggers, events and counters of a server.
struct ObjectReader: Sendable {
    let connection: MariaDBConnection
    let scope: ReplicationScope

    /// The most objects of one kind.
    private static let maxObjects = 20_000

    /// Without the privilege the server shows an empty list instead of an error: prove that what is read is all.
    func requirePrivilege(_ privilege: String) async throws {
        let privileges = try await AccountPrivileges.read(connection)
        for database in scope.databases.sorted() where !privileges.has(privilege, on: database) {
            throw ReplicationError(
                .privilegeMissing,
                "The source account may not see \(privilege == "EVENT" ? "events" : "triggers") of \(database), so none "
                    + "could be moved. Grant \(privilege) on it to the account, or force the stop.")
        }
    }

    /// Triggers in the order in which they must be made.
    func triggers() async throws -> [StoredObject] {
        let rows = try await connection.query(
            """
            SELECT trigger_schema, trigger_name, event_object_table, definer, sql_mode, character_set_client,
              collation_connection
            FROM information_schema.triggers WHERE trigger_schema IN (\(SQLText.list(scope.databases)))
            ORDER BY trigger_schema, event_object_table, event_manipulation, action_timing, action_order
            """, as: "list the triggers", maxRows: Self.maxObjects)
        var triggers: [StoredObject] = []
        for row in rows {
            let database = row[0] ?? "", name = row[1] ?? "", table = row[2] ?? ""
            guard scope.contains(database: database, table: table) else { continue }
            let settings = Self.settings(row, from: 4)
            let definition = try await definition(
                "TRIGGER", database, name, column: "SQL Original Statement", settings)
            guard let (statement, text) = definition else { continue }
            triggers.append(
                StoredObject(
                    kind: .trigger, database: database, name: name, table: table, statement: statement, text: text,
                    settings: settings, definer: row[3] ?? "", status: nil, isExpired: false))
        }
        return triggers
    }

    func events() async throws -> [StoredObject] {
        let rows = try await connection.query(
            """
            SELECT event_schema, event_name, definer, status,
              COALESCE(IF(event_type='ONE TIME', execute_at, ends)
                < CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', time_zone), 0),
              sql_mode, character_set_client, collation_connection, time_zone
            FROM information_schema.events WHERE event_schema IN (\(SQLText.list(scope.databases)))
            ORDER BY event_schema, event_name
            """, as: "list the events", maxRows: Self.maxObjects)
        var events: [StoredObject] = []
        for row in rows {
            let database = row[0] ?? "", name = row[1] ?? ""
            let settings = Self.settings(row, from: 5, timeZone: row[8] ?? "")
            let definition = try await definition("EVENT", database, name, column: "Create Event", settings)
            guard let (statement, text) = definition else { continue }
            events.append(
                StoredObject(
                    kind: .event, database: database, name: name, table: "", statement: statement, text: text,
                    settings: settings, definer: row[2] ?? "",
                    status: row[3].flatMap(StoredObject.EventStatus.init), isExpired: row[4] == "1"))
        }
        return events
    }

    private static func settings(_ row: MariaDBRow, from index: Int, timeZone: String = "") -> StoredObject.Settings {
        StoredObject.Settings(
            sqlMode: row[index] ?? "", characterSetClient: row[index + 1] ?? "utf8mb4",
            collationConnection: row[index + 2] ?? "utf8mb4_general_ci", timeZone: timeZone)
    }

    /// AUTO_INCREMENT counters of all tables, or of one.
    func counters(of table: String? = nil) async throws -> [TableCounter] {
        let condition = table.map { " AND table_name=\(SQLText.string($0))" } ?? ""
        let rows = try await connection.query(
            """
            SELECT table_schema, table_name, auto_increment FROM information_schema.tables
            WHERE table_schema IN (\(SQLText.list(scope.databases))) AND auto_increment IS NOT NULL\(condition) ORDER BY 1, 2
            """, as: "list the counters")
        return rows.compactMap { row in
            guard let database = row[0], let table = row[1], let next = row.unsigned("auto_increment"),
                scope.contains(database: database, table: table)
            else { return nil }
            return TableCounter(database: database, table: table, next: next)
        }
    }

    /// The statement of an object in its own bytes, and as text; nil when it went away in between.
    private func definition(
        _ kind: String, _ database: String, _ name: String, column: String, _ settings: StoredObject.Settings
    ) async throws -> ([UInt8], ObjectScript.Text)? {
        guard let bytes = try await bytes("SHOW CREATE \(kind) \(SQLText.name(database, name))", column: column) else {
            return nil
        }
        if settings.isUTF8 || bytes.allSatisfy({ $0 < 128 }) { return (bytes, Self.text(bytes)) }
        let client = settings.characterSetClient
        guard client != "binary" else { return (bytes, .bytes(bytes)) }
        // Of an event only the body is in its maker's character set; name and comment in front of it are UTF-8.
        let bodyStart = kind == "EVENT" ? EventStatement(bytes)?.bodyStart ?? 0 : 0
        let body = try await Self.convert(Array(bytes[bodyStart...]), from: client, to: "utf8mb4", connection)
        let readable = bytes[..<bodyStart] + body
        return (
            try await Self.convert(Array(readable), from: "utf8mb4", to: client, connection), Self.text(Array(readable))
        )
    }

    private static func text(_ bytes: [UInt8]) -> ObjectScript.Text {
        String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(bytes)
    }

    /// Text in another character set, as a server converts it.
    static func convert(
        _ bytes: [UInt8], from: String, to: String, _ connection: MariaDBConnection
    ) async throws -> [UInt8] {
        let query = "SELECT CAST(CONVERT(_\(from) \(SQLText.bytes(bytes)) USING \(to)) AS BINARY)"
        return try await connection.query(query, as: "convert a statement").first?.bytes(0) ?? []
    }

    /// One column of SHOW CREATE as the server keeps it; nil when the object went away.
    private func bytes(_ show: String, column: String) async throws -> [UInt8]? {
        try await connection.withSession { session in
            try session.execute("SET SESSION character_set_results=binary", as: "set up the session")
            defer { _ = try? session.execute("SET SESSION character_set_results=utf8mb4", as: "set up the session") }
            do {
                guard let row = try session.query(show, as: "read an object's definition").first,
                    let index = row.names.firstIndex(where: { $0.lowercased() == column.lowercased() })
                else { return nil }
                guard let bytes = row.bytes(index) else {
                    throw ReplicationError(
                        .privilegeMissing, "The account may not read the definitions of triggers and events.")
                }
                return bytes
            } catch let error as MariaDBError where error.isMissingObject {
                return nil
            }
        }
    }
}
