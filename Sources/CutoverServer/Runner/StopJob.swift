import CutoverModel
internal import CutoverTasks
internal import Logging

/// Carries one accepted stop out, phase by phase; begins at whatever phase is recorded, so that a crash anywhere is taken up.
struct StopJob {
    /// Waits between tries of a phase that cannot go on now.
    static let retryDelaysMs: [Int64] = [500, 1_000, 2_000, 5_000, 10_000]

    /// How long a forced stop waits for the destination to take its fence.
    static let forcedFenceDeadlineMs: Int64 = 2_000

    let context: RunnerContext
    let logger: Logger

    func run(_ stop: Stop) async throws {
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
                attempts += 1
                guard try await retries(after: error, stop, attempts) else { return }
                let delay = Self.retryDelaysMs[min(Int(attempts) - 1, Self.retryDelaysMs.count - 1)]
                try await Task.sleep(for: .milliseconds(delay))
            }
        }
    }

    /// Records what came in the way of the present phase; false when the stop has failed.
    private func retries(after error: any Error, _ stop: Stop, _ attempts: UInt32) async throws -> Bool {
        // The state moved under a step. It is read again, and tells whether this is still our stop.
        if error is CancellationError { return true }
        let failure = context.failure(error)
        let overdue = try await isOverdue(stop)
        guard failure.retriable, !overdue else {
            logger.error("stop failed", metadata: ["stop": "\(stop.id)", "code": "\(failure.code)"])
            _ = try await context.ledger.report(.failed(failure), stop: stop)
            return false
        }
        _ = try await context.ledger.report(.blocked(failure.message, attempts: attempts), stop: stop)
        return true
    }

    /// True when the present phase has been tried for as long as it may last. A release has no end but the fence.
    private func isOverdue(_ stop: Stop) async throws -> Bool {
        guard let current = try await context.ledger.store.state(of: stop.taskId)?.stop else { return false }
        switch current.phase {
        case .accepted, .draining: return drainTimeLeftMs(current) <= 0
        case .migratingTriggers, .migratingEvents:
            return phaseBeganMs(current) + context.phaseDeadlineMs <= context.ledger.nowMs()
        default: return false
        }
    }

    private func phaseBeganMs(_ stop: Stop) -> Int64 { stop.phases.last?.startedAtMs ?? stop.acceptedAtMs }

    private func drainAllowedMs(_ stop: Stop) -> Int64 {
        stop.drainDeadlineMs == 0 ? context.drainDeadlineMs : Int64(stop.drainDeadlineMs)
    }

    /// Counted from the beginning of the phase, which a retry begins anew.
    private func drainTimeLeftMs(_ stop: Stop) -> Int64 {
        phaseBeganMs(stop) + drainAllowedMs(stop) - context.ledger.nowMs()
    }

    /// Makes a worker that owns the task at a new epoch, lends it, and closes it.
    /// - Parameter writes: false for a worker that only fences; that one was closed proves nothing about others.
    private func withWorker<Result: Sendable>(
        _ state: TaskState, writes: Bool, _ body: (any ReplicationWorker) async throws -> Result
    ) async throws -> (Result, [ResourceOutcome]) {
        let taskID = state.record.id
        guard
            let owned = try await context.ledger.report(.workerStarting, epoch: state.record.epoch, taskID: taskID)
        else { throw CancellationError() }
        let job = try await context.job(for: taskID)
        let stored = try await context.ledger.store.progress(of: taskID)
        if writes { context.acknowledgements.workerOpens(taskID) }
        let worker = context.replicator.makeWorker(job, epoch: owned.record.epoch)
        context.board.attach(worker, taskID: taskID, stored: stored)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(worker)) } catch { result = .failure(error) }
        let outcomes = await Task { await worker.close() }.value
        if writes { context.acknowledgements.workerClosed(taskID, outcomes) }
        context.board.detach(taskID)
        if let progress = context.board.progress(of: taskID) {
            try? await context.ledger.store.saveProgress([taskID: progress])
        }
        return (try result.get(), outcomes)
    }

    /// From acceptance to the last object moved, with one worker.
    private func drainAndMove(_ state: TaskState, _ stop: Stop) async throws {
        let context = context
        _ = try await withWorker(state, writes: true) { worker in
            let position = try await claim(stop, worker)
            var stop = stop
            if stop.phase == .accepted { stop = try await beginDrain(stop, worker, position) }
            if stop.phase == .draining { stop = try await drain(stop, worker, from: position) }
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

    /// Takes the task over at the destination.
    /// - Returns: the position up to which changes are applied there.
    private func claim(_ stop: Stop, _ worker: any ReplicationWorker) async throws -> String {
        let checkpoint = try await withDeadline(
            milliseconds: context.phaseDeadlineMs, "The destination could not be claimed in time."
        ) {
            try await worker.claim()
        }
        guard case .following(let position) = checkpoint else {
            throw ReplicationError(
                .divergence, "The destination lost the checkpoint of this task. Force the stop and migrate again.")
        }
        return position
    }

    /// Fixes the position to drain to: where the source stands now, or, for a held task, where the task stands.
    private func beginDrain(_ stop: Stop, _ worker: any ReplicationWorker, _ position: String) async throws -> Stop {
        // Objects that cannot be seen cannot be moved: find that out before anything is drained.
        let holds = stop.statusBefore == .paused || stop.completes
        let (inventory, requested) = try await withDeadline(
            milliseconds: context.phaseDeadlineMs, "The source did not list its objects and its position in time."
        ) {
            let inventory = try await worker.inventory()
            return (inventory, holds ? position : try await worker.sourcePosition())
        }
        try await context.ledger.store.saveInventory(inventory, of: stop.taskId)
        return try await report(
            .drainBegan(requestedPosition: requested, objectsKnownAtMs: inventory.atMs), stop)
    }

    /// - Parameter position: what the destination had when it was claimed.
    private func drain(_ stop: Stop, _ worker: any ReplicationWorker, from position: String) async throws -> Stop {
        let requested = stop.requestedPosition
        let reached = try await withDeadline(
            milliseconds: drainTimeLeftMs(stop),
            "The drain did not reach the requested position within \(drainAllowedMs(stop)) ms. "
                + "Stop the task again, or force the stop."
        ) {
            try await worker.follow(until: .position(requested))
        }
        var progress = context.board.progress(of: stop.taskId) ?? worker.status()
        // A worker with nothing left to apply counts nothing: then the checkpoint says where the destination stands.
        let applied = worker.status().appliedPosition
        progress.appliedPosition = applied.isEmpty ? position : applied
        return try await report(.drainEnded(StopCounters(progress), reached: reached), stop)
    }

    /// What an attempt to fence the destination found.
    private struct Fencing: Sendable {
        var epoch: UInt64 = 0
        var tables: [TableOutcome] = []
        var failure: ReplicationError?
    }

    /// Fences the destination with no owner and writes the receipt.
    private func release(_ state: TaskState, _ stop: Stop) async throws {
        let forced = stop.modeTaken == .forced
        let acknowledged = acknowledged(stop)
        let (fencing, outcomes) = try await fence(state, forced: forced)
        var release = StopRelease(fenceEpoch: fencing.epoch, tables: fencing.tables)
        if let failure = fencing.failure {
            // A higher epoch at the destination is somebody else's: only a fence above it ends them.
            guard forced, let acknowledged, failure.code != .fenced else { throw retriable(failure) }
            release.resources.append(
                ResourceOutcome(resource: "destination fence", released: false, message: failure.message))
            release.resources.append(contentsOf: Self.union(acknowledged, outcomes))
        } else {
            release.resources = Self.union(acknowledged ?? [], outcomes)
        }
        if forced { release.residue = try await context.ledger.store.inventory(of: stop.taskId) }
        let counters = context.board.progress(of: stop.taskId).map(StopCounters.init)
        _ = try await report(.released(release, counters), stop)
        context.acknowledgements.forget(stop.taskId)
        logger.info("task stopped", metadata: ["stop": "\(stop.id)"])
    }

    /// What proves that nobody writes any more although the destination is not fenced: that this process itself ended the task's
    /// last worker, or that the task had failed, for a failure is recorded only after its worker was closed.
    private func acknowledged(_ stop: Stop) -> [ResourceOutcome]? {
        context.acknowledgements.outcomes(of: stop.taskId) ?? (stop.statusBefore.isAbnormal ? [] : nil)
    }

    /// Raises the fence; a failure is part of the answer, since a forced stop may go on without.
    private func fence(_ state: TaskState, forced: Bool) async throws -> (Fencing, [ResourceOutcome]) {
        let deadlineMs = forced ? Self.forcedFenceDeadlineMs : context.phaseDeadlineMs
        let needsTables = !state.record.copyDone
        do {
            return try await withWorker(state, writes: false) { worker in
                var fencing = Fencing()
                do {
                    fencing.epoch = try await withDeadline(
                        milliseconds: deadlineMs, "The destination did not answer in time."
                    ) {
                        try await worker.retire()
                    }
                    if needsTables {
                        fencing.tables =
                            (try? await withDeadline(milliseconds: 1_000, "") { try await worker.tables() }) ?? []
                    }
                } catch let error as ReplicationError {
                    fencing.failure = error
                }
                return fencing
            }
        } catch let error as ReplicationError {
            // No worker could be made, for want of a password: the destination cannot be fenced either.
            return (Fencing(failure: error), [])
        }
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
