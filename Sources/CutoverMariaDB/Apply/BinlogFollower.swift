package import CutoverTasks
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
        /// How long one statement waits for a row lock before its transaction gives its own locks free and is tried again.
        package var lockWaitSeconds: Int

        package init(
            databases: [String], excludedTables: Set<String> = [], serverID: UInt32? = nil,
            retryBudgetMs: Int = 30_000, queueBytes: Int = 16 << 20, lockWaitSeconds: Int = 10
        ) {
            self.databases = databases
            self.excludedTables = excludedTables
            self.serverID = serverID
            self.retryBudgetMs = retryBudgetMs
            self.queueBytes = queueBytes
            self.lockWaitSeconds = lockWaitSeconds
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
    let connections: WorkerConnections
    let observer: @Sendable (Notice) -> Void

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

    /// Applies changes until the goal is reached; nil goes on until cancelled.
    ///
    /// Lost connections are tried again for the retry budget; a lock at the destination is waited for as long as it takes.
    /// - Returns: the position asked for; of a time, the position that it came to.
    /// - Throws: ``ReplicationError``; `CancellationError` within a second of cancellation, with no open transaction.
    @discardableResult
    package func follow(until goal: FollowGoal? = nil) async throws -> GTIDPosition {
        progress.update { $0.goal = goal?.end }
        var retry = RetryBudget(limitMs: options.retryBudgetMs)
        var commitsSingly = false
        while true {
            try Task.checkCancellation()
            let before = progress.snapshot
            let end: Attempt
            do {
                end = try await attempt(until: goal, commitsSingly: commitsSingly)
            } catch {
                end = try Self.classify(error)
            }
            switch end {
            case .finished:
                progress.update { $0.goal = nil }
                return goal?.streamEnd ?? progress.snapshot.appliedPosition
            case .needsSingleCommits:
                commitsSingly = true
            case .retry(let failure):
                commitsSingly = false
                let now = progress.snapshot
                if now.appliedPosition != before.appliedPosition || now.rows != before.rows { retry.reset() }
                note(failure)
                let pause = failure.isLock ? retry.pauseMs() : try retry.next(orThrow: failure.error)
                observer(failure.notice(attempt: retry.attempts))
                try await Task.sleep(for: .milliseconds(pause))
            }
        }
    }

    /// How one life of the connections ended.
    enum Attempt {
        case finished
        case needsSingleCommits
        case retry(Failure)
    }

    /// A failure that may pass.
    enum Failure {
        case source(String)
        case destination(String)
        case lock(String)

        var isLock: Bool {
            if case .lock = self { return true }
            return false
        }

        var error: ReplicationError {
            switch self {
            case .source(let reason): ReplicationError(.sourceUnreachable, "The source was lost: \(reason)")
            case .destination(let reason):
                ReplicationError(.destinationUnreachable, "The destination was lost: \(reason)")
            case .lock(let reason):
                ReplicationError(.applyFailed, "Locks at the destination are not released: \(reason)")
            }
        }

        func notice(attempt: Int) -> Notice {
            switch self {
            case .source: .sourceLost(attempt: attempt)
            case .destination: .destinationLost(attempt: attempt)
            case .lock: .lockWait(attempt: attempt)
            }
        }
    }

    private func note(_ failure: Failure) {
        switch failure {
        case .source:
            progress.dropActivity()
            progress.noteLost(source: true)
        case .destination:
            progress.dropActivity()
            progress.noteLost(source: false)
        case .lock:
            // The activity itself tells what is waited for, and since when.
            progress.interruptActivity()
            return
        }
        progress.update { $0.failure = failure.error.message }
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
            let reason = error.error.description
            return .retry(error.isSource ? .source(reason) : .destination(reason))
        case let error as SideError where error.error.isLockWait: return .retry(.lock(error.error.description))
        case let error as SideError: throw error.replicationError
        default: throw ReplicationError(.applyFailed, "Applying changes failed: \(error)")
        }
    }

    /// Damage on the way may be gone at the next attempt; what the decoder does not know stays unknown.
    static func corrupt(_ error: BinlogDecodeError) throws -> Attempt {
        if error.code == .unsupported {
            throw ReplicationError(.unsupported, "The source's binlog cannot be read: \(error).")
        }
        return .retry(.source("it sent bytes that are no binlog event (\(error))"))
    }
}
