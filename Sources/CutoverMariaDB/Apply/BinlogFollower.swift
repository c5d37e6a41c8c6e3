package import CutoverTasks
internal import CutoverLocking

/// Applies a source's changes to a destination from the checkpoint on, over lost connections and restarts of either server.
///
/// The checkpoint is the fence row at the destination: the follower reads its position from there, never from its caller, so
/// that it can neither skip nor repeat a transaction.
package final class BinlogFollower: Sendable {
    /// What to carry over, and how.
    package struct Options: Sendable {
        package var databases: [String]
        /// As `database.table`.
        package var excludedTables: Set<String>
        /// The server id of the dump; nil: ``serverID(forTask:)``.
        package var serverID: UInt32?
        /// How long lost connections are retried without any progress, in milliseconds.
        package var retryBudgetMs: Int
        /// Bytes of binlog that may wait between source and destination.
        package var queueBytes: Int

        package init(
            databases: [String], excludedTables: Set<String> = [], serverID: UInt32? = nil,
            retryBudgetMs: Int = 30_000, queueBytes: Int = 16 << 20
        ) {
            self.databases = databases
            self.excludedTables = excludedTables
            self.serverID = serverID
            self.retryBudgetMs = retryBudgetMs
            self.queueBytes = queueBytes
        }
    }

    /// Something that an operator may want to see.
    package enum Notice: Sendable {
        case connected(sourceConnectionID: UInt64, destinationConnectionID: UInt64)
        case sourceLost(attempt: Int)
        case destinationLost(attempt: Int)
        case lockWait(attempt: Int)
    }

    package let options: Options
    package let progress = FollowerProgress()
    private let connections: WorkerConnections
    private let observer: @Sendable (Notice) -> Void

    /// - Parameters:
    ///   - connections: opens the follower's connections and can end them; its fence says whose task it is.
    ///   - observer: told of lost and replaced connections; called from any thread and must not block.
    package init(
        connections: WorkerConnections, options: Options, observer: @escaping @Sendable (Notice) -> Void = { _ in }
    ) {
        self.connections = connections
        self.options = options
        self.observer = observer
    }

    /// A replica server id for a task: the same for each of its owners, so that a new one ends an old one's dump at the
    /// source, and far above the small numbers that people give.
    package static func serverID(forTask taskID: String) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in taskID.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash | 0x8000_0000
    }

    /// Applies changes until `until` is reached in every domain that it names; nil goes on until cancelled.
    ///
    /// - Throws: ``ReplicationError``; `CancellationError` within a second of cancellation, with no open transaction.
    package func follow(until: GTIDPosition? = nil) async throws {
        var retry = RetryBudget(limitMs: options.retryBudgetMs)
        var commitsSingly = false
        while true {
            try Task.checkCancellation()
            let before = progress.snapshot
            let end: Attempt
            do {
                end = try await attempt(until: until, commitsSingly: commitsSingly)
            } catch {
                end = try Self.classify(error)
            }
            switch end {
            case .finished: return
            case .needsSingleCommits:
                commitsSingly = true
            case .retry(let error, let notice):
                commitsSingly = false
                let now = progress.snapshot
                if now.appliedPosition != before.appliedPosition || now.rows != before.rows { retry.reset() }
                let pause = try retry.next(orThrow: error)
                observer(notice(retry.attempts))
                progress.update { $0.blocker = error.message }
                try await Task.sleep(for: .milliseconds(pause))
            }
        }
    }

    private enum Attempt {
        case finished
        case needsSingleCommits
        case retry(ReplicationError, (Int) -> Notice)
    }

    private static func classify(_ error: any Error) throws -> Attempt {
        switch error {
        case is CancellationError: throw error
        case let error as SideError where error.error.isFenced:
            throw ReplicationError(.fenced, "Another owner has taken this task over at the destination.")
        case let error as ReplicationError: throw error
        case let error as BinlogDecodeError: return try corrupt(error)
        case let error as SideError where error.error.code == .closed && error.error.operation == "connect":
            // The worker was closed: nobody wants this any more.
            throw CancellationError()
        case let error as SideError where error.error.isUnreachable:
            return error.isSource ? lostSource(error.error.description) : lostDestination(error.error.description)
        case let error as SideError where error.error.isLockWait:
            return .retry(
                ReplicationError(.applyFailed, "Locks at the destination are not released: \(error.error)"),
                Notice.lockWait)
        case let error as SideError: throw error.replicationError
        default: throw ReplicationError(.applyFailed, "Applying changes failed: \(error)")
        }
    }

    private static func lostSource(_ reason: String) -> Attempt {
        .retry(ReplicationError(.sourceUnreachable, "The source was lost: \(reason)"), Notice.sourceLost)
    }

    /// Damage on the way may be gone at the next attempt; what the decoder does not know stays unknown.
    private static func corrupt(_ error: BinlogDecodeError) throws -> Attempt {
        if error.code == .unsupported {
            throw ReplicationError(.unsupported, "The source's binlog cannot be read: \(error).")
        }
        return lostSource("it sent bytes that are no binlog event (\(error))")
    }

    private static func lostDestination(_ reason: String) -> Attempt {
        .retry(ReplicationError(.destinationUnreachable, "The destination was lost: \(reason)"), Notice.destinationLost)
    }
}

/// A MariaDB error, with the side on which it came up.
private struct SideError: Error {
    var isSource: Bool
    var error: MariaDBError

    var replicationError: ReplicationError {
        let side = isSource ? "source" : "destination"
        let code: ReplicationError.Code = error.isPrivilege ? .privilegeMissing : .applyFailed
        return ReplicationError(code, "The \(side) refused: \(error)")
    }
}

/// How long to go on after failures that may pass, and how long to wait between attempts.
private struct RetryBudget {
    let limitMs: Int
    private(set) var attempts = 0
    private var since: ContinuousClock.Instant?

    init(limitMs: Int) { self.limitMs = limitMs }

    mutating func reset() {
        attempts = 0
        since = nil
    }

    /// The pause before the next attempt, in milliseconds: doubling from 100 ms to 3 s.
    mutating func next(orThrow error: ReplicationError) throws -> Int {
        let now = ContinuousClock.now
        let start = since ?? now
        since = start
        guard now - start < .milliseconds(limitMs) else { throw error }
        attempts += 1
        return min(3000, 100 << min(attempts - 1, 5))
    }
}

extension BinlogFollower {
    /// One life of a pair of connections.
    private func attempt(until: GTIDPosition?, commitsSingly: Bool) async throws -> Attempt {
        let destination = try await Self.onSide(isSource: false) {
            try await connections.openWriter(role: "binlog applier", options: Self.destinationOptions)
        }
        do {
            let end = try await follow(destination, until: until, commitsSingly: commitsSingly)
            await connections.release(destination)
            return end
        } catch {
            destination.cancel()
            await connections.release(destination)
            throw error
        }
    }

    private func follow(
        _ destination: MariaDBConnection, until: GTIDPosition?, commitsSingly: Bool
    ) async throws -> Attempt {
        let fence = connections.fence
        let hold = try await Self.onSide(isSource: false) {
            try await destination.withSession { session in
                session.watchForDeadPeer()
                return try FenceGuard(reading: session, fence: fence)
            }
        }
        guard let position = GTIDPosition(hold.storedPosition) else {
            throw ReplicationError(.positionLost, "The destination's checkpoint is no GTID position.")
        }
        progress.update { $0.appliedPosition = position }
        if let until, position.reaches(until) { return .finished }
        let source = try await Self.onSide(isSource: true) {
            try await connections.open(.source, role: "binlog dump", options: Self.sourceOptions)
        }
        observer(
            .connected(sourceConnectionID: source.connectionID, destinationConnectionID: destination.connectionID))
        let outcome: Result<Applier.Outcome, any Error>
        do {
            outcome = .success(
                try await run(
                    source, destination, fence: hold, position: position, until: until, commitsSingly: commitsSingly))
        } catch {
            outcome = .failure(error)
        }
        source.cancel()
        await connections.release(source)
        return try interpret(try outcome.get(), until: until)
    }

    /// Runs reader and applier on their connections' threads until one of them ends, then ends the other.
    private func run(
        _ source: MariaDBConnection, _ destination: MariaDBConnection, fence: FenceGuard, position: GTIDPosition,
        until: GTIDPosition?, commitsSingly: Bool
    ) async throws -> Applier.Outcome {
        let queue = EventQueue(limitBytes: options.queueBytes)
        let stream = BinlogStream(
            options: .init(from: position, until: until, serverID: serverID), queue: queue,
            progress: progress)
        let scope = ReplicationScope(
            databases: options.databases, excludedTables: options.excludedTables)
        let progress = self.progress
        return try await withTaskCancellationHandler {
            async let reading = source.withSession { stream.run($0) }
            do {
                let outcome = try await Self.onSide(isSource: false) {
                    try await destination.withSession { session in
                        try Applier(
                            session: session, fence: fence, position: position, scope: scope, queue: queue,
                            progress: progress, commitsSingly: commitsSingly
                        ).run()
                    }
                }
                queue.close()
                source.cancel()
                _ = try? await reading
                try Task.checkCancellation()
                return outcome
            } catch {
                queue.close()
                source.cancel()
                _ = try? await reading
                throw error
            }
        } onCancel: {
            queue.close()
            source.cancel()
            destination.cancel()
        }
    }

    private func interpret(_ outcome: Applier.Outcome, until: GTIDPosition?) throws -> Attempt {
        guard case .stream(let end) = outcome else { return .needsSingleCommits }
        switch end {
        case .untilReached:
            let applied = progress.snapshot.appliedPosition
            guard let until, applied.reaches(until) else {
                throw ReplicationError(.positionLost, "The source ended the stream before the position asked for.")
            }
            return .finished
        case .connectionLost, .cancelled: return Self.lostSource("the connection ended")
        case .positionLost(let message):
            throw ReplicationError(.positionLost, "The source cannot continue from the checkpoint: \(message)")
        case .serverIDTaken:
            return Self.lostSource("another reader uses server id \(serverID)")
        case .corrupt(let error): return try Self.corrupt(error)
        case .failed(let error): throw SideError(isSource: true, error: error).replicationError
        }
    }

    private var serverID: UInt32 { options.serverID ?? Self.serverID(forTask: connections.fence.task) }

    private static func onSide<Value>(isSource: Bool, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as MariaDBError {
            throw SideError(isSource: isSource, error: error)
        }
    }

    /// The read timeout is longer than the heartbeat, so that silence means a lost source.
    private static let sourceOptions = MariaDBConnectionOptions(
        characterSet: "utf8mb4", connectTimeoutSeconds: 5, readTimeoutSeconds: 3, writeTimeoutSeconds: 3)

    /// Rows pass as bytes. The read timeout is that of the longest DDL; neither cancellation nor a dead
    /// host has to wait for it.
    private static let destinationOptions = MariaDBConnectionOptions(
        characterSet: "binary", sqlMode: RowWriter.strictMode, foundRows: true, connectTimeoutSeconds: 5,
        readTimeoutSeconds: 7 * 86_400, writeTimeoutSeconds: 60,
        setup: [
            Applier.restoringSettings,
            "SET SESSION innodb_lock_wait_timeout=10, lock_wait_timeout=30, wait_timeout=86400",
        ])
}
