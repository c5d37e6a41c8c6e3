import CutoverModel
internal import CutoverTasks
internal import Logging

/// Carries one accepted stop out, phase by phase; begins at whatever phase is recorded, so that a crash anywhere is taken up.
struct StopJob {
    /// Waits between tries of a phase that cannot go on now.
    static let retryDelaysMs: [Int64] = [500, 1_000, 2_000, 5_000, 10_000]

    let context: RunnerContext
    let logger: Logger
    /// What this process's worker released before; nil when this process had none, so that only a fence proves that none writes.
    let released: [ResourceOutcome]?

    func run(_ initial: TaskState, _ stop: Stop) async throws {
        logger.info("stop is carried out", metadata: ["stop": "\(stop.id)", "mode": "\(stop.modeTaken.name)"])
        var attempts: UInt32 = 0
        while true {
            guard let state = try await context.ledger.store.state(of: stop.taskId), state.record.status == .stopping,
                let current = state.stop, current.id == stop.id, current.modeTaken == stop.modeTaken
            else { return }
            do {
                if current.phase == .releasing {
                    try await release(state, current)
                } else {
                    try await drainAndMove(state, current)
                }
                attempts = 0
            } catch {
                try Task.checkCancellation()
                let failure = context.failure(error)
                guard failure.retriable else {
                    logger.error("stop failed", metadata: ["stop": "\(stop.id)", "code": "\(failure.code)"])
                    _ = try await context.ledger.report(.failed(failure), stop: current)
                    return
                }
                attempts += 1
                _ = try await context.ledger.report(.blocked(failure.message, attempts: attempts), stop: current)
                let delay = Self.retryDelaysMs[min(Int(attempts) - 1, Self.retryDelaysMs.count - 1)]
                try await Task.sleep(for: .milliseconds(delay))
            }
        }
    }

    /// Makes a worker that owns the task at a new epoch, lends it, and closes it.
    private func withWorker<Result: Sendable>(
        _ state: TaskState, _ body: (any ReplicationWorker) async throws -> Result
    ) async throws -> (Result, [ResourceOutcome]) {
        let taskID = state.record.id
        guard
            let owned = try await context.ledger.report(.workerStarting, epoch: state.record.epoch, taskID: taskID)
        else { throw CancellationError() }
        let job = try await context.job(for: taskID)
        let stored = try await context.ledger.store.progress(of: taskID)
        let worker = context.replicator.makeWorker(job, epoch: owned.record.epoch)
        context.board.attach(worker, taskID: taskID, stored: stored)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(worker)) } catch { result = .failure(error) }
        let outcomes = await Task { await worker.close() }.value
        context.board.detach(taskID)
        if let progress = context.board.progress(of: taskID) {
            try? await context.ledger.store.saveProgress([taskID: progress])
        }
        return (try result.get(), outcomes)
    }

    /// From acceptance to the last object moved, with one worker.
    private func drainAndMove(_ state: TaskState, _ stop: Stop) async throws {
        let context = context
        _ = try await withWorker(state) { worker in
            let checkpoint = try await worker.claim()
            guard case .following(let position) = checkpoint else {
                throw ReplicationError(
                    .divergence, "The destination lost the checkpoint of this task. Force the stop and migrate again.")
            }
            var stop = stop
            if stop.phase == .accepted { stop = try await beginDrain(stop, worker, position) }
            if stop.phase == .draining { stop = try await drain(stop, worker) }
            let deadlineMs = context.phaseDeadlineMs
            if stop.phase == .migratingTriggers {
                let outcomes = try await withDeadline(
                    milliseconds: deadlineMs, "Moving the triggers took longer than \(deadlineMs / 1000) s."
                ) {
                    try await worker.moveTriggers()
                }
                stop = try await report(.triggersMoved(outcomes), stop)
            }
            if stop.phase == .migratingEvents {
                let outcomes = try await withDeadline(
                    milliseconds: deadlineMs, "Moving the events took longer than \(deadlineMs / 1000) s."
                ) {
                    try await worker.moveEvents()
                }
                stop = try await report(.eventsMoved(outcomes), stop)
            }
        }
    }

    /// Fixes the position to drain to: where the source stands now, or, for a held task, where the task stands.
    private func beginDrain(_ stop: Stop, _ worker: any ReplicationWorker, _ position: String) async throws -> Stop {
        // Objects that cannot be seen cannot be moved: find that out before anything is drained.
        let inventory = try await worker.inventory()
        try await context.ledger.store.saveInventory(inventory, of: stop.taskId)
        let holds = stop.statusBefore == .paused || stop.completes
        let requested = holds ? position : try await worker.sourcePosition()
        return try await report(
            .drainBegan(requestedPosition: requested, objectsKnownAtMs: inventory.atMs), stop)
    }

    private func drain(_ stop: Stop, _ worker: any ReplicationWorker) async throws -> Stop {
        let allowed = stop.drainDeadlineMs == 0 ? context.drainDeadlineMs : Int64(stop.drainDeadlineMs)
        let left = stop.acceptedAtMs + allowed - context.ledger.nowMs()
        let requested = stop.requestedPosition
        try await withDeadline(
            milliseconds: left,
            "The drain did not reach the requested position within \(allowed / 1000) s. Stop the task again, or force the stop."
        ) {
            try await worker.follow(until: requested)
        }
        let progress = context.board.progress(of: stop.taskId) ?? worker.status()
        return try await report(.drainEnded(StopCounters(progress)), stop)
    }

    /// Fences the destination with no owner and writes the receipt.
    private func release(_ state: TaskState, _ stop: Stop) async throws {
        var release = StopRelease()
        var fenceFailure: ReplicationError?
        let needsTables = !state.record.copyDone
        let forced = stop.modeTaken == .forced
        let (result, outcomes) = try await withWorker(state) { worker in
            var result: (epoch: UInt64, tables: [TableOutcome], failure: ReplicationError?) = (0, [], nil)
            do {
                result.epoch = try await withDeadline(
                    milliseconds: forced ? 2_000 : context.phaseDeadlineMs, "The destination did not answer in time."
                ) {
                    try await worker.retire()
                }
                if needsTables {
                    result.tables =
                        (try? await withDeadline(milliseconds: 1_000, "") { try await worker.tables() }) ?? []
                }
            } catch let error as ReplicationError {
                result.failure = error
            }
            return result
        }
        release.fenceEpoch = result.epoch
        release.tables = result.tables
        fenceFailure = result.failure
        if let fenceFailure {
            // Without the fence, only a worker that this process itself ended proves that nobody writes any more.
            guard forced, released != nil else { throw retriable(fenceFailure) }
            release.resources.append(
                ResourceOutcome(resource: "destination fence", released: false, message: fenceFailure.message))
        }
        release.resources.append(contentsOf: Self.union(released ?? [], outcomes))
        if forced { release.residue = try await context.ledger.store.inventory(of: stop.taskId) }
        let counters = context.board.progress(of: stop.taskId).map(StopCounters.init)
        _ = try await report(.released(release, counters), stop)
        logger.info("task stopped", metadata: ["stop": "\(stop.id)"])
    }

    private func retriable(_ error: ReplicationError) -> ReplicationError {
        ReplicationError(
            error.code, "The task stays in STOPPING until its destination can be fenced: \(error.message)",
            isRetriable: true)
    }

    /// One outcome a resource; a release that failed is not hidden by a later one that had nothing to do.
    private static func union(_ first: [ResourceOutcome], _ second: [ResourceOutcome]) -> [ResourceOutcome] {
        var union = first
        for outcome in second where !union.contains(where: { $0.resource == outcome.resource }) {
            union.append(outcome)
        }
        return union
    }

    private func report(_ step: StopStep, _ stop: Stop) async throws -> Stop {
        guard let state = try await context.ledger.report(step, stop: stop), let now = state.stop else {
            throw CancellationError()
        }
        return now
    }
}
