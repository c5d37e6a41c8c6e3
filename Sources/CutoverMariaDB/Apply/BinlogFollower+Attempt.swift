internal import CutoverLocking
internal import CutoverTasks

extension BinlogFollower {
    /// One life of a pair of connections.
    func attempt(until goal: FollowGoal?, commitsSingly: Bool) async throws -> Attempt {
        let destination = try await SideError.on(isSource: false) {
            try await connections.openWriter(role: "binlog applier", options: destinationOptions)
        }
        do {
            let end = try await follow(destination, until: goal, commitsSingly: commitsSingly)
            await connections.release(destination)
            return end
        } catch {
            destination.cancel()
            await connections.release(destination)
            throw error
        }
    }

    private func follow(
        _ destination: MariaDBConnection, until goal: FollowGoal?, commitsSingly: Bool
    ) async throws -> Attempt {
        let fence = connections.fence
        let hold = try await SideError.on(isSource: false) {
            try await destination.withSession { session in
                session.watchForDeadPeer()
                return try FenceGuard(reading: session, fence: fence)
            }
        }
        guard let position = GTIDPosition(hold.storedPosition) else {
            throw ReplicationError(.positionLost, "The destination's checkpoint is no GTID position.")
        }
        progress.noteReached(source: false)
        progress.update {
            $0.appliedPosition = position
            $0.appliedAt = hold.latestTransactionAt
            $0.pendingSince = 0
        }
        try goal?.requireAhead(of: position, latestTransactionAt: hold.latestTransactionAt)
        if let goal, goal.isReached(by: position) { return .finished }
        let source = try await SideError.on(isSource: true) {
            try await connections.open(.source, role: "binlog dump", options: Self.sourceOptions)
        }
        progress.noteReached(source: true)
        progress.update { $0.failure = "" }
        observer(
            .connected(sourceConnectionID: source.connectionID, destinationConnectionID: destination.connectionID))
        let outcome: Result<Applier.Outcome, any Error>
        do {
            outcome = .success(
                try await run(
                    source, destination, fence: hold, position: position, until: goal, commitsSingly: commitsSingly))
        } catch {
            outcome = .failure(error)
        }
        source.cancel()
        await connections.release(source)
        return try interpret(try outcome.get(), until: goal)
    }

    /// Runs reader and applier on their connections' threads, and what watches them, until one of the two ends; then ends the
    /// others.
    private func run(
        _ source: MariaDBConnection, _ destination: MariaDBConnection, fence: FenceGuard, position: GTIDPosition,
        until goal: FollowGoal?, commitsSingly: Bool
    ) async throws -> Applier.Outcome {
        let queue = EventQueue(limitBytes: options.queueBytes)
        let stream = BinlogStream(
            options: .init(from: position, until: goal?.streamEnd, serverID: serverID), queue: queue,
            progress: progress)
        let scope = ReplicationScope(databases: options.databases, excludedTables: options.excludedTables)
        let progress = self.progress
        let isSilent = Mutex(false)
        let probe = DestinationProbe(
            connections: connections, progress: progress, applierID: destination.connectionID,
            onSilence: {
                isSilent.withLock { $0 = true }
                destination.cancel()
            })
        let watch = SourceWatch(connections: connections, progress: progress, goal: goal)
        return try await withTaskCancellationHandler {
            async let reading = source.withSession { stream.run($0) }
            // Both end with this scope, which cancels them.
            async let _ = watch.run()
            async let _ = probe.run()
            do {
                let outcome = try await SideError.on(isSource: false) {
                    try await destination.withSession { session in
                        try Applier(
                            session: session, fence: fence, position: position, scope: scope, queue: queue,
                            progress: progress, goal: goal, commitsSingly: commitsSingly
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
                throw isSilent.withLock { $0 } && !Task.isCancelled ? Self.silence : error
            }
        } onCancel: {
            queue.close()
            source.cancel()
            destination.cancel()
        }
    }

    private static var silence: SideError {
        SideError(
            isSource: false,
            error: MariaDBError(
                code: .connectionLost, message: "the server does not answer", operation: "apply changes"))
    }

    private func interpret(_ outcome: Applier.Outcome, until goal: FollowGoal?) throws -> Attempt {
        let end: BinlogStream.End
        switch outcome {
        case .needsSingleCommits: return .needsSingleCommits
        case .goalReached: return .finished
        case .stream(let streamEnd): end = streamEnd
        }
        switch end {
        case .untilReached:
            let applied = progress.snapshot.appliedPosition
            guard let goal, goal.isReached(by: applied) else {
                throw ReplicationError(
                    .positionLost,
                    "The source's binlog goes past the position asked for without holding it; the destination is at \(applied)."
                )
            }
            return .finished
        case .connectionLost, .cancelled: return .retry(.source("the connection ended"))
        case .positionLost(let message):
            throw ReplicationError(.positionLost, "The source cannot continue from the checkpoint: \(message)")
        case .serverIDTaken: return .retry(.source("another reader uses server id \(serverID)"))
        case .corrupt(let error): return try Self.corrupt(error)
        case .failed(let error): throw SideError(isSource: true, error: error).replicationError
        }
    }

    private var serverID: UInt32 { options.serverID ?? Self.serverID(forTask: connections.fence.task) }

    /// The read timeout is longer than the heartbeat, so that silence means a lost source.
    private static let sourceOptions = MariaDBConnectionOptions(
        characterSet: "utf8mb4", connectTimeoutSeconds: 5, readTimeoutSeconds: 3, writeTimeoutSeconds: 3)

    /// Rows pass as bytes. The read timeout is that of the longest DDL; neither cancellation nor a dead
    /// host has to wait for it.
    private var destinationOptions: MariaDBConnectionOptions {
        let lockWaits =
            "SET SESSION innodb_lock_wait_timeout=\(options.lockWaitSeconds), "
            + "lock_wait_timeout=\(3 * options.lockWaitSeconds), wait_timeout=86400"
        return MariaDBConnectionOptions(
            characterSet: "binary", sqlMode: RowWriter.strictMode, foundRows: true, connectTimeoutSeconds: 5,
            readTimeoutSeconds: 7 * 86_400, writeTimeoutSeconds: 60, setup: [Applier.restoringSettings, lockWaits])
    }
}
