internal import CutoverTasks

/// Applies the groups of one binlog stream to the destination, on the destination connection's thread.
///
/// Many small source transactions share one destination transaction; a large one is sent while it arrives, so memory stays
/// flat. Either way the checkpoint moves in the same transaction as the rows.
final class Applier {
    /// Bounds of one destination transaction and of the memory that waits to be sent.
    struct Limits: Sendable {
        var transactionsPerCommit = 200
        var rowsPerCommit = 20_000
        /// Row changes are sent, not committed, when they take this much memory.
        var pendingBytes = 4 << 20
    }

    /// How a run ended.
    enum Outcome: Equatable {
        case stream(BinlogStream.End)
        /// The goal was met before the stream ended.
        case goalReached
        /// A group was cut off after others that were not committed yet: begin again and commit each by itself.
        case needsSingleCommits
    }

    let session: MariaDBSession
    let scope: ReplicationScope
    let catalog: TableCatalog
    let writer: RowWriter
    let progress: FollowerProgress
    var fence: FenceGuard
    /// The position after the last group seen to its end.
    var position: GTIDPosition
    private let queue: EventQueue
    private let goal: FollowGoal?
    private let limits: Limits
    /// Commit each source transaction by itself until the group that a crash of the source cut off is behind us.
    private var commitsSingly: Bool
    private var assembler: TransactionAssembler
    private var batch = RowBatch()
    private var isInTransaction = false
    private var pendingTransactions = 0
    private var pendingRows = 0
    private var groupRows = 0
    private var groupTimestamp: UInt32 = 0
    private var currentGTID: GTID?
    /// The first group that is not committed yet.
    private var oldestGTID: GTID?
    /// The latest begin of a transaction that waits to be committed, in seconds of the source's clock.
    private var pendingLatest: UInt32 = 0
    private var lastAnswer = ContinuousClock.now
    /// A DDL statement of the open group was run already; its group commits with the rows that follow.
    var journaledDDL: DDLJournal.Entry?

    init(
        session: MariaDBSession, fence: FenceGuard, position: GTIDPosition, scope: ReplicationScope, queue: EventQueue,
        progress: FollowerProgress, goal: FollowGoal? = nil, limits: Limits = Limits(), commitsSingly: Bool = false
    ) {
        self.session = session
        self.fence = fence
        self.position = position
        self.scope = scope
        self.queue = queue
        self.progress = progress
        self.goal = goal
        self.limits = limits
        self.commitsSingly = commitsSingly
        assembler = TransactionAssembler(scope: scope)
        catalog = TableCatalog(session)
        writer = RowWriter(session)
    }

    /// Applies until the stream ends, and leaves no transaction open.
    func run() throws -> Outcome {
        do {
            let outcome = try loop()
            try rollback()
            return outcome
        } catch {
            try? rollback()
            throw error
        }
    }

    private func loop() throws -> Outcome {
        while true {
            let canCommit = assembler.isBetweenGroups && pendingTransactions > 0
            switch queue.take(timeoutMs: canCommit ? 0 : 1000) {
            case .item(let item):
                for step in try assembler.consume(item.header, item.event) {
                    if let outcome = try perform(step) { return outcome }
                }
            case .idle:
                if canCommit { try commit() }
                try checkDestination()
            case .ended(let end):
                if canCommit { try commit() }
                return .stream(end)
            case .closed: throw CancellationError()
            }
            if try meetsTime() { return .goalReached }
        }
    }

    /// With a time as the goal: whether all that the source had when its clock passed the time is applied.
    private func meetsTime() throws -> Bool {
        guard case .time = goal?.end, assembler.isBetweenGroups, goal?.isReached(by: position) == true else {
            return false
        }
        if pendingTransactions > 0 { try commit() }
        return true
    }

    /// A group that lies behind the goal: it is not applied.
    private func end(before gtid: GTID) throws -> Outcome {
        guard case .time = goal?.end else {
            throw ReplicationError(.positionLost, "The source sent \(gtid), which is beyond the position asked for.")
        }
        if pendingTransactions > 0 { try commit() }
        return .goalReached
    }

    private func perform(_ step: TransactionAssembler.Step) throws -> Outcome? {
        switch step {
        case .begin(let gtid, let timestamp):
            if goal?.excludes(gtid.gtid, timestamp: timestamp) == true { return try end(before: gtid.gtid) }
            beginGroup(gtid.gtid, timestamp)
        case .rows(let map, let rows): try take(rows, of: map)
        case .savepoint(let statement):
            try beginIfNeeded()
            try flush()
            try session.execute(bytes: statement, as: "set a savepoint")
        case .ddl(let statement, let query, let timestamp):
            try performDDL(statement, query, timestamp: timestamp)
        case .commit(let gtid): try endGroup(gtid)
        case .abandon:
            if pendingTransactions > 0 { return .needsSingleCommits }
            try rollback()
            commitsSingly = false
        case .caughtUp:
            if pendingTransactions > 0 { try commit() }
            progress.update { $0.lagMs = 0 }
            try checkDestination()
        case .rotated(let file): progress.update { $0.sourceFile = file }
        case .untilReached:
            if pendingTransactions > 0 { try commit() }
        }
        return nil
    }

    private func take(_ rows: RowsEvent, of map: TableMap) throws {
        let table = try catalog.definition(database: map.database, table: map.table)
        try Self.check(map, against: table)
        let kind: RowOperation.Kind =
            switch rows.kind {
            case .write: .insert
            case .update: .update
            case .delete: .delete
            }
        try rows.forEachRow(of: map, isUnsigned: map.metadata.isUnsigned ?? table.isUnsigned) { change in
            try batch.add(
                RowOperation(
                    table: table, change: change, kind: kind, skipsForeignKeys: rows.disablesForeignKeyChecks))
            pendingRows += 1
            groupRows += 1
            if batch.footprintBytes >= limits.pendingBytes {
                try beginIfNeeded()
                try flush()
            }
        }
    }

    /// Refuses rows whose columns are not those of the destination's table, by name.
    private static func check(_ map: TableMap, against table: TableDefinition) throws(ReplicationError) {
        if case .other(let type) = table.kind {
            throw ReplicationError(.unsupported, "\(table.displayName) is a \(type) table, which is not carried over.")
        }
        guard map.columns.count == table.columns.count else {
            throw ReplicationError(
                .divergence,
                """
                \(table.displayName) has \(map.columns.count) columns at the source and \(table.columns.count) at the \
                destination.
                """)
        }
        for (type, column) in zip(map.columns, table.columns) where !column.accepts(type) {
            let isCompressed = type == .compressed
            throw ReplicationError(
                isCompressed ? .unsupported : .divergence,
                isCompressed
                    ? "Column \(table.displayName).\(column.name) is COMPRESSED, which is not carried over."
                    : "Column \(table.displayName).\(column.name) is stored otherwise at the source than at the destination."
            )
        }
    }

    private func beginGroup(_ gtid: GTID, _ timestamp: UInt32) {
        groupTimestamp = timestamp
        groupRows = 0
        currentGTID = gtid
        guard oldestGTID == nil else { return }
        oldestGTID = gtid
        progress.update { $0.pendingSince = timestamp }
    }

    private func endGroup(_ gtid: GTID) throws {
        position.advance(to: gtid)
        pendingTransactions += 1
        pendingLatest = max(pendingLatest, groupTimestamp)
        currentGTID = nil
        if commitsSingly || pendingTransactions >= limits.transactionsPerCommit || pendingRows >= limits.rowsPerCommit
            || journaledDDL != nil
        {
            try commit()
        }
    }

    func beginIfNeeded() throws {
        guard !isInTransaction else { return }
        try session.execute("BEGIN", as: "begin a transaction")
        isInTransaction = true
        progress.begin(.change(of: Self.checkpoint), oldestGTID)
        try fence.hold(session)
    }

    private static let checkpoint = "the task's checkpoint"

    private func flush() throws {
        for run in batch.runs() {
            progress.begin(.change(of: run.table.displayName), oldestGTID)
            try writer.write(run)
        }
        batch.removeAll()
    }

    /// An idle destination that went away would else be noticed at the next change only.
    private func checkDestination() throws {
        guard !isInTransaction, .now - lastAnswer > .seconds(5) else { return }
        progress.begin(.check, nil)
        try session.execute("DO 1", as: "look whether the destination answers")
        progress.endActivity()
        lastAnswer = .now
    }

    /// Sends what waits, moves the checkpoint and commits.
    func commit() throws {
        let target = position.description
        var next = fence
        if isInTransaction {
            try flush()
            progress.begin(.change(of: Self.checkpoint), oldestGTID)
            try next.advance(session, to: target, latestTransactionAt: pendingLatest)
        } else {
            try session.execute("BEGIN", as: "begin a transaction")
            isInTransaction = true
            progress.begin(.change(of: Self.checkpoint), oldestGTID)
            try next.advance(session, to: target, latestTransactionAt: pendingLatest)
            try flush()
        }
        try finishJournal()
        progress.begin(.commit, oldestGTID)
        try session.execute("COMMIT", as: "commit")
        isInTransaction = false
        journaledDDL = nil
        fence = next
        report()
    }

    private func report() {
        let (transactions, rows, applied) = (pendingTransactions, pendingRows, position)
        let (appliedAt, nowMs) = (groupTimestamp, WallClock.nowMs)
        pendingTransactions = 0
        pendingRows = 0
        pendingLatest = 0
        oldestGTID = nil
        lastAnswer = .now
        progress.endActivity()
        progress.update {
            $0.transactions += UInt64(transactions)
            $0.rows += UInt64(rows)
            $0.appliedPosition = applied
            $0.appliedAt = UInt64(appliedAt)
            $0.pendingSince = 0
            $0.lagMs = UInt64(max(0, (nowMs + $0.sourceClockAheadMs) / 1000 - Int64(appliedAt))) * 1000
        }
    }

    /// Commits the groups that are complete; a group with rows before its DDL cannot be cut in two.
    func commitBeforeDDL() throws {
        guard groupRows == 0 else {
            throw ReplicationError(
                .unsupported, "The source changed a schema in the middle of a transaction with rows.")
        }
        if pendingTransactions > 0 { try commit() }
    }

    var openGTID: GTID? { currentGTID }

    private func rollback() throws {
        batch.removeAll()
        pendingRows = 0
        guard isInTransaction else { return }
        isInTransaction = false
        try session.execute("ROLLBACK", as: "roll back")
    }
}
