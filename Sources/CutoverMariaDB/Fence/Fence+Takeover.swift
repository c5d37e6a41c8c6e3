extension Fence {
    /// Makes the engine's tables at the destination; harmless when they are there.
    static func createTables(_ connection: MariaDBConnection) async throws {
        for statement in tableStatements { try await connection.execute(statement, as: "create the checkpoint tables") }
    }

    private static let latestTransactionColumn = "latest_transaction_at BIGINT UNSIGNED NOT NULL DEFAULT 0"

    /// Brings a checkpoint that an earlier version wrote up to date.
    ///
    /// The column is looked for first: ALTER TABLE needs a privilege, and other tasks' transactions to end. What the time of the
    /// latest transaction was is not known then: taken for now, no time to drain to is wrongly said to lie ahead.
    private func upgrade(_ connection: MariaDBConnection) async throws {
        let columns = try await connection.query(
            "SHOW COLUMNS FROM \(Self.table) LIKE 'latest_transaction_at'", as: "look at the checkpoint table")
        if columns.isEmpty {
            try await connection.execute(
                "ALTER TABLE \(Self.table) ADD COLUMN IF NOT EXISTS \(Self.latestTransactionColumn)",
                as: "bring the checkpoint table up to date")
        }
        try await connection.execute(
            """
            UPDATE \(Self.table) SET latest_transaction_at=UNIX_TIMESTAMP() WHERE task=\(taskLiteral) \
            AND state='following' AND latest_transaction_at=0
            """, as: "bring the checkpoint up to date")
    }

    private static var tableStatements: [String] {
        let task = "task VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL"
        let name = "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"
        return [
            "CREATE DATABASE IF NOT EXISTS `_cutover` DEFAULT CHARACTER SET utf8mb4",
            """
            CREATE TABLE IF NOT EXISTS \(table) (
              \(task) PRIMARY KEY, epoch BIGINT UNSIGNED NOT NULL, owned BOOLEAN NOT NULL,
              state VARCHAR(16) CHARACTER SET ascii NOT NULL, gtid_pos TEXT CHARACTER SET ascii NOT NULL,
              counter BIGINT UNSIGNED NOT NULL, \(latestTransactionColumn),
              updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
            ) ENGINE=InnoDB
            """,
            """
            CREATE TABLE IF NOT EXISTS \(connectionTable) (
              \(task), conn_id BIGINT UNSIGNED NOT NULL, epoch BIGINT UNSIGNED NOT NULL,
              role VARCHAR(64) CHARACTER SET ascii NOT NULL, PRIMARY KEY (task, conn_id)
            ) ENGINE=InnoDB
            """,
            """
            CREATE TABLE IF NOT EXISTS \(objectTable) (
              \(task), kind VARCHAR(16) CHARACTER SET ascii NOT NULL, db \(name), name \(name),
              PRIMARY KEY (task, kind, db, name)
            ) ENGINE=InnoDB
            """,
            """
            CREATE TABLE IF NOT EXISTS \(progressTable) (
              \(task), db \(name), name \(name), complete BOOLEAN NOT NULL, row_count BIGINT UNSIGNED NOT NULL,
              PRIMARY KEY (task, db, name)
            ) ENGINE=InnoDB
            """,
        ]
    }

    /// Takes the task over: raises the epoch, ends every older worker's connections, returns the row.
    ///
    /// - Throws: ``MariaDBError/Code/fenced`` if the destination holds a higher epoch, or ours without an owner.
    func claim(_ connection: MariaDBConnection) async throws -> Row {
        try await Self.createTables(connection)
        try await connection.execute(
            """
            INSERT IGNORE INTO \(Self.table) (task, epoch, owned, state, gtid_pos, counter) \
            VALUES (\(taskLiteral), 0, 0, 'empty', '', 0)
            """, as: "create the checkpoint")
        try await raise(
            connection,
            """
            UPDATE \(Self.table) SET epoch=\(epoch), owned=1, counter=counter+1 WHERE task=\(taskLiteral) \
            AND (epoch<\(epoch) OR (epoch=\(epoch) AND owned=1))
            """)
        try await endOlderSessions(connection)
        try await upgrade(connection)
        guard let row = try await read(connection), row.epoch == epoch, row.isOwned else { throw Self.lost }
        return row
    }

    /// Raises the epoch with no owner, so that nobody writes for this task again, and ends its connections.
    ///
    /// Repeating it changes nothing.
    /// - Returns: the epoch that the fence then has, at least ours plus one.
    func retire(_ connection: MariaDBConnection) async throws -> UInt64 {
        try await Self.createTables(connection)
        try await connection.execute(
            """
            INSERT IGNORE INTO \(Self.table) (task, epoch, owned, state, gtid_pos, counter) \
            VALUES (\(taskLiteral), \(epoch), 1, 'empty', '', 0)
            """, as: "create the checkpoint")
        try await raise(
            connection,
            """
            UPDATE \(Self.table) SET epoch=\(epoch)+1, owned=0, counter=counter+1 WHERE task=\(taskLiteral) \
            AND epoch<=\(epoch)
            """, allowNone: true)
        guard let row = try await read(connection) else { throw Self.lost }
        // A higher epoch that somebody owns is a newer worker's: this one has no say over it.
        guard !row.isOwned else { throw Self.lost }
        try await endOlderSessions(connection, below: row.epoch)
        return row.epoch
    }

    /// The task's row; nil if there is none. Of a table that an earlier version made, too.
    func read(_ connection: MariaDBConnection) async throws -> Row? {
        try await connection.query(
            "SELECT * FROM \(Self.table) WHERE task=\(taskLiteral)", as: "read the checkpoint"
        ).first.flatMap(Self.parse)
    }

    /// Runs an update of the fence; when an older worker's transaction holds the row, that worker's connections die.
    private func raise(_ connection: MariaDBConnection, _ statement: String, allowNone: Bool = false) async throws {
        try await connection.execute("SET SESSION innodb_lock_wait_timeout=2", as: "set up the session")
        for attempt in 1... {
            do {
                let result = try await connection.execute(statement, as: "raise the fence")
                guard result.affectedRows == 1 || allowNone else { throw Self.lost }
                return
            } catch let error as MariaDBError where error.isLockWait && attempt < 5 {
                // Only connections of epochs that we may overrule; a newer owner's stay.
                try await endSessions(connection, where: "epoch<=\(epoch)")
            }
        }
    }

    private func endOlderSessions(_ connection: MariaDBConnection, below limit: UInt64? = nil) async throws {
        try await endSessions(connection, where: "epoch<\(limit ?? epoch)")
        try await waitForDDL(connection)
    }

    /// Kills recorded connections that still are the ones recorded: those that hold their own named lock.
    private func endSessions(_ connection: MariaDBConnection, where condition: String) async throws {
        let rows = try await connection.query(
            """
            SELECT conn_id FROM \(Self.connectionTable) WHERE task=\(taskLiteral) AND \(condition) \
            AND conn_id<>\(connection.connectionID)
            """, as: "read the worker's connections")
        for row in rows {
            guard let identifier = row.unsigned("conn_id") else { continue }
            let lock = SQLText.string(connectionLock(identifier))
            if try await connection.value("SELECT IS_USED_LOCK(\(lock))") == "\(identifier)" {
                try await kill(identifier, connection)
            }
            try await connection.execute(
                "DELETE FROM \(Self.connectionTable) WHERE task=\(taskLiteral) AND conn_id=\(identifier)",
                as: "forget a connection")
        }
    }

    private func kill(_ identifier: UInt64, _ connection: MariaDBConnection) async throws {
        do {
            try await connection.execute("KILL CONNECTION \(identifier)", as: "end an older worker's connection")
        } catch let error as MariaDBError where error.serverCode == 1094 {
            // It ended by itself between the look and the kill.
        }
    }

    /// Waits until no older session changes the schema: its holder is killed, then the lock must come free.
    private func waitForDDL(_ connection: MariaDBConnection) async throws {
        let lock = SQLText.string(ddlLock)
        if let holder = try await connection.value("SELECT IS_USED_LOCK(\(lock))").flatMap({ UInt64($0) }),
            holder != connection.connectionID
        {
            try await kill(holder, connection)
        }
        guard try await connection.value("SELECT GET_LOCK(\(lock), 8)") == "1" else {
            throw MariaDBError(
                code: .server, serverCode: 1205,
                message: "an older worker's schema change has not ended yet", operation: "take the task over")
        }
        try await connection.execute("DO RELEASE_LOCK(\(lock))", as: "free the DDL lock")
    }
}
