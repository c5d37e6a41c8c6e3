internal import CutoverModel
internal import CutoverTasks
internal import Logging
internal import CutoverLocking

/// One owner's work on one task between two MariaDB servers.
final class MariaDBWorker: ReplicationWorker {
    let job: ReplicationJob
    let fence: Fence
    let worker: WorkerConnections
    let progress = CopyProgress()
    private let logger: Logger
    private let follower = Mutex<BinlogFollower?>(nil)
    /// Work of this worker that ``close()`` ends by cancelling it.
    private let running = Mutex<(tasks: [Int: @Sendable () -> Void], next: Int, isClosed: Bool)>(([:], 0, false))

    init(job: ReplicationJob, epoch: UInt64, logger: Logger) {
        self.job = job
        fence = Fence(task: job.taskID, epoch: epoch)
        worker = WorkerConnections(
            source: MariaDBEndpoint(job.source), destination: MariaDBEndpoint(job.destination), fence: fence)
        self.logger = logger
    }

    // MARK: Ports

    func claim() async throws -> ReplicationCheckpoint {
        let row = try await perform(.destination, .destinationUnreachable, "claim") { [self] in
            try await with(.destination, role: "claim") { try await self.fence.claim($0) }
        }
        progress.update { $0.appliedPosition = row.state == .following ? row.position : "" }
        return switch row.state {
        case .empty: .empty
        case .copying: .copying
        case .following: .following(position: row.position)
        }
    }

    func copy() async throws -> String {
        let copy = FullCopy(job: job, worker: worker, progress: progress)
        return try await perform(nil, .copyFailed, "copy") { try await copy.run() }
    }

    func follow(until limit: FollowTarget?) async throws -> String {
        let goal = try limit.map { try FollowGoal(target: $0) }
        let follower = BinlogFollower(
            connections: worker,
            options: BinlogFollower.Options(databases: job.databases, excludedTables: job.excludedTables)
        ) { [logger] notice in
            logger.info("follower", metadata: ["notice": "\(notice)"])
        }
        let earlier = status()
        self.follower.withLock { $0 = follower }
        progress.update { progress in
            progress.transactionsApplied = earlier.transactionsApplied
            progress.rowsApplied = earlier.rowsApplied
        }
        return try await perform(nil, .applyFailed, "follow") { try await follower.follow(until: goal).description }
    }

    func sourcePosition() async throws -> String {
        let position = try await perform(.source, .sourceUnreachable, "source position") { [self] in
            try await with(.source, role: "position") {
                try await $0.value("SELECT @@GLOBAL.gtid_binlog_pos", as: "read the source's position") ?? ""
            }
        }
        progress.update { $0.sourcePosition = position }
        return position
    }

    func tables() async throws -> [TableOutcome] {
        let query =
            "SELECT db, name, complete, row_count FROM \(Fence.progressTable) WHERE task=\(fence.taskLiteral) "
            + "ORDER BY db, name"
        return try await perform(.destination, .destinationUnreachable, "tables") { [self] in
            try await with(.destination, role: "tables") { connection in
                do {
                    return try await connection.query(query, as: "read the tables' progress").map { row in
                        TableOutcome(
                            database: row[0] ?? "", table: row[1] ?? "", complete: row[2] == "1",
                            rows: row.unsigned("row_count") ?? 0)
                    }
                } catch let error as MariaDBError where error.isMissingObject {
                    return []
                }
            }
        }
    }

    func retire() async throws -> UInt64 {
        try await perform(.destination, .destinationUnreachable, "retire") { [self] in
            try await with(.destination, role: "retire") { try await self.fence.retire($0) }
        }
    }

    func close() async -> [ResourceOutcome] {
        let cancels = running.withLock { running in
            running.isClosed = true
            return Array(running.tasks.values)
        }
        for cancel in cancels { cancel() }
        return await worker.closeAll()
    }

    func status() -> ReplicationStatus {
        var status = progress.snapshot
        status.updatedAtMs = WallClock.nowMs
        guard let follower = follower.withLock({ $0 }) else { return status }
        let snapshot = follower.progress.snapshot
        status.transactionsApplied += snapshot.transactions
        status.rowsApplied += snapshot.rows
        status.receivedPosition = snapshot.receivedPosition.description
        let applied = snapshot.appliedPosition
        if !applied.isEmpty { status.appliedPosition = applied.description }
        // What arrived or is applied is at the source, too, whenever its position was read.
        let source = snapshot.sourcePosition.furthest(snapshot.receivedPosition).furthest(applied)
        if !source.isEmpty { status.sourcePosition = source.description }
        status.backlogTransactions = applied.transactions(upTo: source)
        status.appliedTransactionAtMs = Int64(clamping: snapshot.appliedAt) * 1000
        status.lagMs = snapshot.lagMs(nowMs: status.updatedAtMs)
        status.sourceUnreachableSinceMs = snapshot.sourceUnreachableSinceMs
        status.destinationUnreachableSinceMs = snapshot.destinationUnreachableSinceMs
        status.blocker = snapshot.blocker(nowMs: status.updatedAtMs)
        return status
    }

    // MARK: Machinery

    var scope: ReplicationScope {
        ReplicationScope(databases: job.databases, excludedTables: job.excludedTables)
    }

    /// Runs work as a task that both its caller's cancellation and ``close()`` end, and translates its failures.
    func perform<Value: Sendable>(
        _ end: WorkerConnections.End?, _ fallback: ReplicationError.Code, _ what: String,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let task = Task { try await body() }
        let number = running.withLock { running -> Int? in
            guard !running.isClosed else { return nil }
            running.next += 1
            running.tasks[running.next] = { task.cancel() }
            return running.next
        }
        guard let number else {
            task.cancel()
            throw CancellationError()
        }
        defer { running.withLock { $0.tasks[number] = nil } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            if Task.isCancelled || task.isCancelled { throw CancellationError() }
            let failure = ReplicationError.from(error, at: end, fallback: fallback)
            logger.warning("\(what) failed", metadata: ["error": "\(failure)"])
            throw failure
        }
    }

    /// Lends a connection and closes it afterwards.
    func with<Value: Sendable>(
        _ end: WorkerConnections.End, role: String, options: MariaDBConnectionOptions = MariaDBConnectionOptions(),
        _ body: (MariaDBConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await at(end) { try await worker.open(end, role: role, options: options) }
        do {
            let value = try await body(connection)
            await worker.release(connection)
            return value
        } catch {
            connection.cancel()
            await worker.release(connection)
            throw ReplicationError.from(error, at: end, fallback: .applyFailed)
        }
    }

    func at<Value>(_ end: WorkerConnections.End, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            throw ReplicationError.from(error, at: end, fallback: .applyFailed)
        }
    }
}
