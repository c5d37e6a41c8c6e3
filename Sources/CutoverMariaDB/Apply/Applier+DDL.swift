internal import CMariaDB
internal import CutoverTasks

extension Applier {
    /// Runs a change of schema once, over crashes.
    ///
    /// Everything before it is committed first. The session takes the task's lock and then checks the epoch: DDL cannot
    /// carry the fence's row lock, because it commits.
    func performDDL(_ statement: DDLStatement, _ query: QueryEvent, timestamp: UInt32) throws {
        try commitBeforeDDL()
        guard let gtid = openGTID else { return }
        progress.begin(.change(of: statement.targets.first?.text ?? statement.kind), gtid)
        try fence.fence.onDDLSession(session) {
            let current = try FenceGuard(reading: session, fence: fence.fence)
            guard current.storedPosition == fence.storedPosition else { throw Fence.lost }
            let journal = DDLJournal(fence: fence.fence)
            try journal.createIfMissing(session)
            let before = try DDLJournal.fingerprint(statement, session)
            var entry = DDLJournal.Entry(gtid: gtid.description, fingerprint: before)
            if let left = try journal.entry(session), left.gtid == entry.gtid {
                entry = left
                guard !statement.isSwap || left.fingerprint != before else { throw Self.undecidable(statement, gtid) }
            } else {
                try journal.write(entry, session)
            }
            // A fingerprint that differs from the one of the intent means that the statement ran before a crash.
            if entry.fingerprint == before {
                try run(query, statement: statement, timestamp: timestamp)
            }
            journaledDDL = entry
        }
        writer.forgetStatements()
        catalog.forgetAll()
    }

    /// After a crash inside an exchange of like tables nothing tells whether it took place.
    private static func undecidable(_ statement: DDLStatement, _ gtid: GTID) -> ReplicationError {
        ReplicationError(
            .schemaFailed,
            """
            A crash came while \(statement.kind) \(statement.targets.map(\.text).joined(separator: ", ")) ran at the \
            destination, and it cannot be told whether it took place. Compare the tables, run it by hand if it is missing, \
            then delete the task's row in _cutover.ddl_journal and set gtid_pos past \(gtid).
            """)
    }

    func finishJournal() throws {
        guard journaledDDL != nil else { return }
        try DDLJournal(fence: fence.fence).clear(session)
    }

    /// Runs the statement under the settings that the source logged with it, then restores ours.
    private func run(_ query: QueryEvent, statement: DDLStatement, timestamp: UInt32) throws {
        let context = query.context
        var settings = [
            "sql_mode=\(context.sqlMode ?? 0)", "timestamp=\(timestamp).\(Self.micros(context.microseconds))",
            "foreign_key_checks=\(context.disablesForeignKeyChecks ? 0 : 1)",
        ]
        if let client = context.clientCharset, let connection = context.connectionCollation,
            let server = context.serverCollation
        {
            settings += [
                "character_set_client=\(client)", "collation_connection=\(connection)", "collation_server=\(server)",
            ]
        } else {
            settings += ["character_set_client=utf8mb4"]
        }
        if let zone = context.timeZone, !zone.isEmpty { settings.append("time_zone=\(SQLText.string(zone))") }
        if let collation = context.databaseCollation, collation != 0 {
            settings.append("collation_database=\(collation)")
        }
        let namesDatabase = statement.targets.first?.object == nil
        if !query.database.isEmpty, !namesDatabase, scope.databases.contains(query.database) {
            try session.execute("USE \(SQLText.name(query.database))", as: "choose a database")
        }
        try session.execute("SET SESSION " + settings.joined(separator: ", "), as: "set up a schema change")
        do {
            try session.execute(bytes: query.statement, as: statement.kind)
        } catch {
            try Self.check(error, query: query, statement: statement)
        }
        try session.execute(Self.restoringSettings, as: "set up the session")
    }

    /// Lets an error pass that the source logged with the statement: it took effect in part there, and so here.
    private static func check(_ error: MariaDBError, query: QueryEvent, statement: DDLStatement) throws {
        guard error.code == .server, !error.isLockWait else { throw error }
        if error.serverCode == Int(query.errorCode) { return }
        throw ReplicationError(
            .schemaFailed,
            """
            The destination refused \(statement.kind) \(statement.targets.map(\.text).joined(separator: ", ")): \
            \(error.message) (error \(error.serverCode)).
            """)
    }

    private static func micros(_ value: UInt32?) -> String {
        let text = String(value ?? 0)
        return String(repeating: "0", count: max(0, 6 - text.count)) + text
    }

    /// The session of row changes.
    static let restoringSettings = """
        SET SESSION sql_mode='\(RowWriter.strictMode)', time_zone='+00:00', timestamp=DEFAULT, foreign_key_checks=1, \
        check_constraint_checks=0, character_set_client=binary, character_set_connection=binary, \
        collation_server=DEFAULT, unique_checks=1
        """
}

extension MariaDBSession {
    /// Runs a statement that is given as bytes, in whatever character set the session has.
    @discardableResult
    func execute(bytes: [UInt8], as operation: String) throws(MariaDBError) -> ExecutionResult {
        guard !isClosed else {
            throw MariaDBError(code: .closed, message: "the connection is closed", operation: operation)
        }
        let status = bytes.withUnsafeBytes { raw in
            mysql_real_query(handle, raw.bindMemory(to: CChar.self).baseAddress, UInt(raw.count))
        }
        if status != 0 { throw failure(operation) }
        if let result = mysql_store_result(handle) { mysql_free_result(result) }
        if mysql_errno(handle) != 0 { throw failure(operation) }
        let affected = mysql_affected_rows(handle)
        return ExecutionResult(
            affectedRows: affected == UInt64.max ? 0 : affected, warnings: mysql_warning_count(handle),
            lastInsertID: mysql_insert_id(handle))
    }
}
