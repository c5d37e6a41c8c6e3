internal import CutoverTasks
internal import CutoverLocking

/// Copies schema and rows at one snapshot.
///
/// Order: tables with their primary keys, rows, other keys, foreign keys, sequences' values, routines, views. Triggers
/// and events are never made here: they would fire on what follows.
struct FullCopy: Sendable {
    let job: ReplicationJob
    let worker: WorkerConnections
    let progress: CopyProgress

    private var fence: Fence { worker.fence }

    /// What the snapshot's connections say about a table.
    private struct Definition: Sendable {
        var table: SourceTable
        var statement: TableStatement
    }

    /// - Returns: the snapshot's position, which is the checkpoint then.
    func run() async throws -> String {
        progress.update { $0.blocker = "preparing the destination" }
        let writer = SchemaWriter(
            fence: fence, connection: try await worker.openWriter(role: "schema", options: SchemaWriter.options))
        try await begin(writer)
        progress.update { $0.blocker = "opening the snapshot" }
        let snapshot = try await Snapshot.open(worker, count: connectionCount)
        progress.update { progress in
            progress.snapshotPosition = snapshot.position
            progress.blocker = ""
        }
        let catalog = try await readCatalog(snapshot)
        let definitions = try await createTables(catalog, snapshot, writer)
        try await copyRows(definitions, snapshot, writer)
        await snapshot.close(worker)
        try await addKeys(definitions, writer)
        for definition in definitions where !definition.statement.foreignKeys.isEmpty {
            try await writer.add(definition.statement.foreignKeys, to: definition.table)
        }
        let objects = try await worker.open(.source, role: "definitions")
        try await SchemaObjects(writer: writer, source: objects).copy(catalog)
        await worker.release(objects)
        try await finish(writer, snapshot)
        await worker.release(writer.connection)
        return snapshot.position
    }

    private var connectionCount: Int { min(16, max(1, job.copyConnections)) }

    /// Marks the copy as begun and takes away what an earlier attempt of this task made.
    private func begin(_ writer: SchemaWriter) async throws {
        try await transition(
            writer.connection, from: "state IN ('empty','copying')", to: "state='copying', gtid_pos=''",
            as: "begin the copy")
        try await writer.dropOwned()
        let fence = self.fence
        try await writer.connection.withSession { session in
            try session.execute("START TRANSACTION", as: "begin the copy")
            try fence.holdShared(session)
            try session.execute(
                "DELETE FROM \(Fence.progressTable) WHERE task=\(fence.taskLiteral)", as: "begin the copy")
            try session.execute("COMMIT", as: "begin the copy")
        }
    }

    /// The rows may hold transactions up to the second in which the snapshot was opened.
    private func finish(_ writer: SchemaWriter, _ snapshot: Snapshot) async throws {
        try await transition(
            writer.connection, from: "state='copying'",
            to: "state='following', gtid_pos=\(SQLText.string(snapshot.position)), "
                + "latest_transaction_at=\(snapshot.sourceSeconds)", as: "end the copy")
        progress.update { $0.appliedPosition = snapshot.position }
    }

    /// One guarded change of the fence row.
    private func transition(
        _ connection: MariaDBConnection, from condition: String, to assignment: String, as operation: String
    ) async throws {
        let result = try await connection.execute(
            """
            UPDATE \(Fence.table) SET \(assignment), counter=counter+1 WHERE task=\(fence.taskLiteral) \
            AND epoch=\(fence.epoch) AND owned=1 AND \(condition)
            """, as: operation)
        guard result.affectedRows != 1 else { return }
        guard let row = try await fence.read(connection), row.epoch == fence.epoch, row.isOwned else {
            throw Fence.lost
        }
        throw ReplicationError(.invalidJob, "The copy of this task is whole already; it must be followed, not copied.")
    }

    private func readCatalog(_ snapshot: Snapshot) async throws -> SourceCatalog {
        let job = self.job
        let catalog = try await snapshot.connections[0].withSession { session in
            try session.execute("SET NAMES utf8mb4", as: "read the schema")
            return try SourceCatalog.read(session, databases: job.databases, excluded: job.excludedTables)
        }
        if let table = catalog.tables.first(where: { $0.kind == .versioned }) {
            throw ReplicationError(
                .unsupported, "\(table.path) is system-versioned; leave it out of the task and move it by itself.")
        }
        progress.update { progress in
            progress.tablesTotal = UInt64(catalog.baseTables.count)
            progress.rowsEstimated = catalog.baseTables.reduce(0) { $0 &+ $1.rowsEstimated }
        }
        return catalog
    }

    private func createTables(
        _ catalog: SourceCatalog, _ snapshot: Snapshot, _ writer: SchemaWriter
    ) async throws -> [Definition] {
        let source = snapshot.connections[0]
        for database in job.databases {
            let text = try await source.query("SHOW CREATE DATABASE \(SQLText.name(database))", as: "read the schema")
                .first?[1]
            try await writer.createDatabase(database, text ?? "")
        }
        var definitions: [Definition] = []
        for table in catalog.tables where table.kind == .table || table.kind == .sequence {
            let statement = try await source.withSession { try Self.statement(of: table, $0) }
            let kind: SchemaWriter.Kind = table.kind == .table ? .table : .sequence
            try await writer.create(kind, database: table.database, name: table.name) { session in
                try session.execute(statement.create, as: "create \(table.path)")
            }
            if table.kind == .table { definitions.append(Definition(table: table, statement: statement)) }
        }
        try await source.execute("SET NAMES binary", as: "read rows")
        try await recordTables(definitions, writer)
        return definitions
    }

    private func recordTables(_ definitions: [Definition], _ writer: SchemaWriter) async throws {
        let fence = self.fence
        let tables = definitions.map(\.table)
        try await writer.connection.withSession { session in
            try session.execute("START TRANSACTION", as: "record the tables")
            try fence.holdShared(session)
            for table in tables {
                try session.execute(
                    """
                    INSERT INTO \(Fence.progressTable) (task, db, name, complete, row_count) VALUES \
                    (\(fence.taskLiteral), \(SQLText.string(table.database)), \(SQLText.string(table.name)), 0, 0)
                    """, as: "record the tables")
            }
            try session.execute("COMMIT", as: "record the tables")
        }
    }

    /// Reads a definition that is proved to be the snapshot's: a table altered since refuses the read (error 1412).
    private static func statement(of table: SourceTable, _ session: MariaDBSession) throws -> TableStatement {
        try session.execute("SAVEPOINT definition", as: "read the definition of \(table.path)")
        if table.kind == .table {
            try session.execute("SELECT 1 FROM \(table.quoted) LIMIT 1", as: "read the definition of \(table.path)")
        }
        let what = table.kind == .table ? "TABLE" : "SEQUENCE"
        let row = try session.query(
            "SHOW CREATE \(what) \(table.quoted)", as: "read the definition of \(table.path)"
        ).first
        try session.execute("ROLLBACK TO SAVEPOINT definition", as: "read the definition of \(table.path)")
        guard let text = row?[1] else {
            throw ReplicationError(.privilegeMissing, "The definition of \(table.path) cannot be read at the source.")
        }
        if table.kind == .sequence {
            let bare = "CREATE SEQUENCE " + SQLText.name(table.name)
            guard text.hasPrefix(bare) else {
                throw ReplicationError(.schemaFailed, "The definition of sequence \(table.path) is not understood.")
            }
            return TableStatement(verbatim: "CREATE SEQUENCE \(table.quoted)" + text.dropFirst(bare.count))
        }
        return TableStatement(text, qualified: table.quoted)
    }
}

// MARK: Rows and keys

extension FullCopy {
    /// One part of a table, to be copied by any pair of connections.
    private struct Part: Sendable {
        var plan: RowPlan
        var range: KeyRange
    }

    /// Parts not yet taken, and how many of each table are not done.
    private final class Parts: Sendable {
        private let state: Mutex<(waiting: [Part], open: [String: Int])>

        init(_ parts: [Part]) {
            var open: [String: Int] = [:]
            for part in parts { open[part.plan.table.path, default: 0] += 1 }
            state = Mutex((Array(parts.reversed()), open))
        }

        func next() -> Part? { state.withLock { $0.waiting.popLast() } }

        /// True if that was the table's last part.
        func done(_ part: Part) -> Bool {
            state.withLock { state in
                let left = (state.open[part.plan.table.path] ?? 1) - 1
                state.open[part.plan.table.path] = left
                return left == 0
            }
        }
    }

    /// For LOAD DATA: row data as bytes, values as they are, no foreign keys or checks yet.
    private static let loaderOptions = MariaDBConnectionOptions(
        sqlMode: MariaDBConnectionOptions.dataMode, localInfile: true, readTimeoutSeconds: 3600,
        setup: [
            "SET SESSION foreign_key_checks=0, check_constraint_checks=0, max_statement_time=0, wait_timeout=604800",
            "SET SESSION net_read_timeout=86400, net_write_timeout=86400",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        ])

    private func copyRows(_ definitions: [Definition], _ snapshot: Snapshot, _ writer: SchemaWriter) async throws {
        let parts = Parts(try await plan(definitions, snapshot))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for source in snapshot.connections {
                group.addTask {
                    let destination = try await worker.openWriter(role: "rows", options: Self.loaderOptions)
                    while let part = parts.next() {
                        try Task.checkCancellation()
                        try await copy(part, from: source, to: destination)
                        if parts.done(part) { try await complete(part.plan.table, destination) }
                    }
                    await worker.release(destination)
                }
            }
            try await group.waitForAll()
        }
    }

    private func copy(_ part: Part, from source: MariaDBConnection, to destination: MariaDBConnection) async throws {
        let progress = self.progress
        let loader = TableLoader(plan: part.plan, fence: worker.fence, chunkBytes: job.chunkBytes) { count in
            progress.update { progress in
                progress.rowsCopied += count.rows
                progress.bytesCopied += count.bytes
            }
        }
        try await loader.copy(part.range, from: source, to: destination)
    }

    private func complete(_ table: SourceTable, _ destination: MariaDBConnection) async throws {
        let fence = worker.fence
        try await destination.withSession { session in
            try session.execute("START TRANSACTION", as: "complete \(table.path)")
            try fence.holdShared(session)
            try session.execute(
                """
                UPDATE \(Fence.progressTable) SET complete=1 WHERE task=\(fence.taskLiteral) \
                AND db=\(SQLText.string(table.database)) AND name=\(SQLText.string(table.name))
                """, as: "complete \(table.path)")
            try session.execute("COMMIT", as: "complete \(table.path)")
        }
        progress.update { $0.tablesDone += 1 }
    }

    /// The parts, the largest tables first so that none is left over at the end.
    private func plan(_ definitions: [Definition], _ snapshot: Snapshot) async throws -> [Part] {
        var parts: [Part] = []
        for definition in definitions.sorted(by: { $0.table.dataBytes > $1.table.dataBytes }) {
            let plan = RowPlan(definition.table)
            guard !plan.selected.isEmpty else {
                throw ReplicationError(.unsupported, "\(definition.table.path) has generated columns only.")
            }
            let ranges = try await ranges(definition.table, snapshot)
            parts += ranges.map { Part(plan: plan, range: $0) }
        }
        return parts
    }

    private static let integerTypes: Set<String> = ["tinyint", "smallint", "mediumint", "int", "bigint"]

    /// Cuts a large table with an integer key so that all connections can work on it.
    private func ranges(_ table: SourceTable, _ snapshot: Snapshot) async throws -> [KeyRange] {
        guard snapshot.connections.count > 1, table.isInnoDB, table.dataBytes > UInt64(job.chunkBytes) * 2,
            let first = table.keyColumns.first, let column = table.column(first),
            Self.integerTypes.contains(column.dataType)
        else { return [.whole] }
        let name = SQLText.name(first)
        let row = try await snapshot.connections[0].withSession { session in
            try session.execute("SAVEPOINT part", as: "read \(table.path)")
            let row = try session.query(
                "SELECT MIN(\(name)), MAX(\(name)) FROM \(table.quoted)", as: "read \(table.path)")
            try session.execute("ROLLBACK TO SAVEPOINT part", as: "read \(table.path)")
            return row.first
        }
        guard let least = row?[0].flatMap({ Int128($0) }), let greatest = row?[1].flatMap({ Int128($0) }) else {
            return [.whole]
        }
        let wanted = Int(clamping: table.dataBytes / UInt64(max(1, job.chunkBytes)))
        return KeyRange.split(
            from: least, to: greatest, parts: min(snapshot.connections.count * 4, max(2, wanted)))
    }

    /// One table after the other: the fence has one DDL lock, and an index build uses the disk fully by itself.
    private func addKeys(_ definitions: [Definition], _ writer: SchemaWriter) async throws {
        for definition in definitions where !definition.statement.keys.isEmpty {
            progress.update { $0.blocker = "building keys of \(definition.table.path)" }
            try await writer.add(definition.statement.keys, to: definition.table)
        }
        progress.update { $0.blocker = "" }
    }
}

extension SchemaWriter {
    /// Adds keys or foreign keys in one statement, so that the table is gone through once.
    func add(_ definitions: [String], to table: SourceTable) async throws {
        let clauses = definitions.map { "ADD " + $0 }.joined(separator: ", ")
        try await alter("ALTER TABLE \(table.quoted) \(clauses)", as: "add keys to \(table.path)")
    }
}
