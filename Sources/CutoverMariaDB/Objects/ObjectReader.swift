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
              collation_connection, database_collation
            FROM information_schema.triggers WHERE trigger_schema IN (\(SQLText.list(scope.databases)))
            ORDER BY trigger_schema, event_object_table, event_manipulation, action_timing, action_order
            """, as: "list the triggers", maxRows: Self.maxObjects)
        var triggers: [StoredObject] = []
        for row in rows {
            let database = row[0] ?? "", name = row[1] ?? "", table = row[2] ?? ""
            guard scope.contains(database: database, table: table) else { continue }
            let statement = try await definition("TRIGGER", database, name, column: "SQL Original Statement")
            guard let statement else { continue }
            triggers.append(
                StoredObject(
                    kind: .trigger, database: database, name: name, table: table, statement: statement,
                    definer: row[3] ?? "", sqlMode: row[4] ?? "", characterSetClient: row[5] ?? "utf8mb4",
                    collationConnection: row[6] ?? "utf8mb4_general_ci", databaseCollation: row[7] ?? "", timeZone: "",
                    status: nil, isExpired: false))
        }
        return triggers
    }

    func events() async throws -> [StoredObject] {
        let rows = try await connection.query(
            """
            SELECT event_schema, event_name, definer, sql_mode, character_set_client, collation_connection,
              database_collation, time_zone, status,
              COALESCE(IF(event_type='ONE TIME', execute_at, ends)
                < CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', time_zone), 0)
            FROM information_schema.events WHERE event_schema IN (\(SQLText.list(scope.databases)))
            ORDER BY event_schema, event_name
            """, as: "list the events", maxRows: Self.maxObjects)
        var events: [StoredObject] = []
        for row in rows {
            let database = row[0] ?? "", name = row[1] ?? ""
            guard let statement = try await definition("EVENT", database, name, column: "Create Event") else {
                continue
            }
            events.append(
                StoredObject(
                    kind: .event, database: database, name: name, table: "", statement: statement,
                    definer: row[2] ?? "", sqlMode: row[3] ?? "", characterSetClient: row[4] ?? "utf8mb4",
                    collationConnection: row[5] ?? "utf8mb4_general_ci", databaseCollation: row[6] ?? "",
                    timeZone: row[7] ?? "", status: row[8].flatMap(StoredObject.EventStatus.init),
                    isExpired: row[9] == "1"))
        }
        return events
    }

    /// Next values of AUTO_INCREMENT counters, as `ALTER TABLE` would set them.
    func counters() async throws -> [(database: String, table: String, next: UInt64)] {
        let rows = try await connection.query(
            """
            SELECT table_schema, table_name, auto_increment FROM information_schema.tables
            WHERE table_schema IN (\(SQLText.list(scope.databases))) AND auto_increment IS NOT NULL ORDER BY 1, 2
            """, as: "list the counters")
        return rows.compactMap { row in
            guard let database = row[0], let table = row[1], let next = row.unsigned("auto_increment"),
                scope.contains(database: database, table: table)
            else { return nil }
            return (database, table, next)
        }
    }

    /// The text of an object in its own bytes; nil when it went away in between.
    ///
    /// Results are asked for as `binary`, for the text of an object made by a latin1 client is latin1.
    private func definition(_ kind: String, _ database: String, _ name: String, column: String) async throws -> [UInt8]?
    {
        let show = "SHOW CREATE \(kind) \(SQLText.name(database, name))"
        return try await connection.withSession { session in
            try session.execute("SET SESSION character_set_results=binary", as: "set up the session")
            defer { _ = try? session.execute("SET SESSION character_set_results=utf8mb4", as: "set up the session") }
            do {
                guard let row = try session.query(show, as: "read an object's definition").first,
                    let index = row.names.firstIndex(where: { $0.lowercased() == column.lowercased() })
                else { return nil }
                guard let bytes = row.bytes(index) else {
                    throw ReplicationError(
                        .privilegeMissing, "The source account may not read the definition of \(database).\(name).")
                }
                return bytes
            } catch let error as MariaDBError where error.isMissingObject {
                return nil
            }
        }
    }
}
