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
    /// How many attempts like this one may run at one time. A stop that waits between attempts holds none.
    let slots: JobSlots

    func run(_ stop: Stop) async throws {
        logger.info("stop is carried out", metadata: ["stop": "\(stop.id)", "mode": "\(stop.modeTaken.name)"])
        var attempts: UInt32 = 0
        var notice = BlockedNotice()
        while true {
            guard let state = try await context.ledger.store.state(of: stop.taskId), state.record.status == .stopping,
                let current = state.stop, current.id == stop.id, current.modeTaken == stop.modeTaken
            else {
                context.deadlines.forget(stop.id)
                context.board.unblock(stop.taskId)
                return
            }
            do {
                try await attempt(state, current)
                attempts = 0
                context.board.unblock(stop.taskId)
            } catch {
                try Task.checkCancellation()
                attempts += 1
                guard try await goesOn(after: error, current, attempts, &notice) else { continue }
                try await pause(current, attempts)
            }
        }
    }

    /// One try of what is left of the stop, until it has moved on, failed, or the time for the drain is over.
    private func attempt(_ state: TaskState, _ stop: Stop) async throws {
        let work: @Sendable () async throws -> Void = {
            if stop.phase == .releasing {
                try await release(state, stop)
            } else {
                try await drainAndMove(state, stop)
            }
        }
        let board = context.board
        let queued: @Sendable () -> Void = {
            board.block(stop.taskId, "waiting until one of the stops that run now has ended", attempts: 0)
        }
        guard let due = drainDue(stop) else { return try await slots.run(whenQueued: queued, work) }
        try await withThrowingTaskGroup(of: Ending.self) { group in
            group.addTask {
                try await slots.run(whenQueued: queued) {
                    board.unblock(stop.taskId)
                    try await work()
                }
                return .worked
            }
            group.addTask {
                try await Task.sleep(until: due, clock: .continuous)
                return try await missDeadline(stop) ? .missed : .pastDrain
            }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                switch ending {
                case .worked: return
                case .pastDrain: continue
                case .missed:
                    // What was agreed is durable; the work that is still going on is ended, and awaited by the group.
                    return
                }
            }
        }
    }

    /// How an attempt with a deadline ended.
    private enum Ending {
        case worked
        /// The deadline struck and what was agreed for it is recorded.
        case missed
        /// The deadline struck when the drain was over.
        case pastDrain
    }

    /// Records what was agreed for a drain that takes too long; false when the stop is past its drain.
    private func missDeadline(_ stop: Stop) async throws -> Bool {
        let progress = context.board.progress(of: stop.taskId)
        let blocker = context.board.blocker(of: stop.taskId) ?? stop.blocker
        let step: StopStep
        if stop.drainDeadlineAtMs > 0 {
            step = .deadlinePassed(
                progress.map(StopCounters.init), blocker: blocker.hasSuffix(".") ? String(blocker.dropLast()) : blocker)
        } else {
            step = .failed(
                TaskFailure(
                    code: ReplicationError.Code.timedOut.rawValue,
                    message: "The drain took longer than \(context.drainDeadlineMs) ms. "
                        + "Stop the task again, or force the stop. \(blocker)",
                    atMs: context.ledger.nowMs()))
            guard try await isBeforeNoReturn(stop) else { return false }
        }
        logger.warning("the drain deadline passed", metadata: ["stop": "\(stop.id)"])
        return try await context.ledger.report(step, stop: stop) != nil
    }

    /// Decides what becomes of a stop whose attempt failed; false when its state was changed by that.
    private func goesOn(
        after error: any Error, _ stop: Stop, _ attempts: UInt32, _ notice: inout BlockedNotice
    ) async throws -> Bool {
        // The state moved under a step. It is read again, and tells whether this is still our stop.
        if error is CancellationError { return true }
        let failure = context.failure(error)
        guard let current = try await context.ledger.store.state(of: stop.taskId)?.stop, current.id == stop.id else {
            return false
        }
        if current.isBeforeNoReturn, Self.unfeasibleCodes.contains(failure.code) {
            logger.warning("stop is withdrawn", metadata: ["stop": "\(stop.id)", "code": "\(failure.code)"])
            return try await context.ledger.report(.unfeasible(failure), stop: stop) == nil
        }
        if !failure.retriable || isOverdue(current) {
            logger.error("stop failed", metadata: ["stop": "\(stop.id)", "code": "\(failure.code)"])
            return try await context.ledger.report(.failed(failure), stop: stop) == nil
        }
        context.board.block(stop.taskId, failure.message, attempts: attempts)
        if notice.isDue(failure.message, attempts: attempts, now: .now) {
            _ = try await context.ledger.report(.blocked(failure.message, attempts: attempts), stop: stop)
        }
        return true
    }

    /// What shows that this stop is impossible while its task can run on.
    private static let unfeasibleCodes: Set<String> = [
        ReplicationError.Code.privilegeMissing.rawValue, ReplicationError.Code.targetPassed.rawValue,
    ]

    /// Waits before the next attempt, but not beyond what is due.
    private func pause(_ stop: Stop, _ attempts: UInt32) async throws {
        let delay = Self.retryDelaysMs[min(Int(attempts) - 1, Self.retryDelaysMs.count - 1)]
        let next = ContinuousClock.now + .milliseconds(delay)
        try await Task.sleep(until: min(next, drainDue(stop) ?? next), clock: .continuous)
    }

    // MARK: - Deadlines

    /// When the drain must be over; nil for a stop that owes none any more. A stop without a deadline of its own has the
    /// server's, counted from the beginning of the phase, and fails by it.
    private func drainDue(_ stop: Stop) -> ContinuousClock.Instant? {
        guard stop.modeTaken != .forced, stop.isBeforeNoReturn else { return nil }
        let allowedMs = Int64(stop.drainDeadlineMs)
        let startedAtMs = stop.drainDeadlineAtMs > 0 ? stop.drainDeadlineAtMs - allowedMs : drainOwedMs(stop)
        return context.deadlines.due(
            stop.id, startedAtMs: startedAtMs,
            allowedMs: stop.drainDeadlineAtMs > 0 ? allowedMs : context.drainDeadlineMs,
            nowMs: context.ledger.nowMs())
    }

    /// True when the present phase has been tried for as long as it may last. A release has no end but the fence, and a drain's
    /// deadline has terms of its own.
    private func isOverdue(_ stop: Stop) -> Bool {
        guard stop.phase == .migratingTriggers || stop.phase == .migratingEvents else { return false }
        let due = context.deadlines.due(
            stop.id, startedAtMs: stop.phases.last?.startedAtMs ?? stop.acceptedAtMs,
            allowedMs: context.phaseDeadlineMs, nowMs: context.ledger.nowMs())
        return due <= .now
    }

    /// Since when the drain has been owed, over its two phases.
    private func drainOwedMs(_ stop: Stop) -> Int64 {
        stop.phases.last { $0.phase == .accepted }?.startedAtMs ?? stop.acceptedAtMs
    }

    private func isBeforeNoReturn(_ stop: Stop) async throws -> Bool {
        let current = try await context.ledger.store.state(of: stop.taskId)?.stop
        return current?.id == stop.id && current?.isBeforeNoReturn == true
    }

    // MARK: - Draining and moving

    /// Makes a worker that owns the task at a new epoch, lends it, and closes it.
    /// - Parameter writes: false for a worker that only fences; that one was closed proves nothing about others.
    private func withWorker<Result: Sendable>(
        _ state: TaskState, writes: Bool, _ body: (any ReplicationWorker) async throws -> Result
    ) async throws -> (Result, [ResourceOutcome]) {
        let taskID = state.record.id
        // One that only fences writes nothing that somebody else's end would matter to.
        let report = writes ? context.startReport(state.record) : .workerStarting
        guard let owned = try await context.ledger.report(report, epoch: state.record.epoch, taskID: taskID) else {
            throw CancellationError()
        }
        let job = try await context.job(for: taskID, needsSource: writes)
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
            milliseconds: context.phaseDeadlineMs, "The destination could not be claimed in time.", isRetriable: true
        ) {
            try await worker.claim()
        }
        guard case .following(let position) = checkpoint else {
            throw ReplicationError(
                .divergence, "The destination lost the checkpoint of this task. Force the stop and migrate again.")
        }
        return position
    }

    /// Fixes the position to drain to, and looks whether the objects to move afterwards can be seen at all: find that out
    /// before anything is drained.
    private func beginDrain(_ stop: Stop, _ worker: any ReplicationWorker, _ position: String) async throws -> Stop {
        let target = stop.drainTo ?? DrainTarget(point: .current)
        let (inventory, requested) = try await withDeadline(
            milliseconds: context.phaseDeadlineMs, "The source did not list its objects and its position in time.",
            isRetriable: true
        ) {
            let inventory = try await worker.inventory()
            return switch target.point {
            case .applied: (inventory, position)
            case .gtid: (inventory, target.gtid)
            // Not known before the drain comes to it.
            case .time: (inventory, "")
            case .unspecified, .current, .unrecognized: (inventory, try await worker.sourcePosition())
            }
        }
        try await context.ledger.store.saveInventory(inventory, of: stop.taskId)
        return try await report(
            .drainBegan(requestedPosition: requested, objectsKnownAtMs: inventory.atMs), stop)
    }

    /// - Parameter position: what the destination had when it was claimed.
    private func drain(_ stop: Stop, _ worker: any ReplicationWorker, from position: String) async throws -> Stop {
        let target: FollowTarget =
            if let drainTo = stop.drainTo, drainTo.point == .time {
                .time(seconds: drainTo.timeMs / 1000)
            } else {
                .position(stop.requestedPosition)
            }
        let reached = try await worker.follow(until: target)
        var progress = context.board.progress(of: stop.taskId) ?? worker.status()
        // A worker with nothing left to apply counts nothing: then the checkpoint says where the destination stands.
        let applied = worker.status().appliedPosition
        progress.appliedPosition = applied.isEmpty ? position : applied
        return try await report(.drainEnded(StopCounters(progress), reached: reached), stop)
    }

    // MARK: - Releasing

    /// What an attempt to fence the destination found.
    private struct Fencing: Sendable {
        var epoch: UInt64 = 0
        var tables: [TableOutcome] = []
        var failure: ReplicationError?
    }

    /// Fences the destination with no owner and writes the receipt.
    private func release(_ state: TaskState, _ stop: Stop) async throws {
        let forced = stop.modeTaken == .forced
        let acknowledged = acknowledged(state, stop)
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
    /// last worker, or that the task had failed, for a failure is recorded only after its worker was closed. Neither says anything
    /// about an earlier worker whose end nobody saw.
    private func acknowledged(_ state: TaskState, _ stop: Stop) -> [ResourceOutcome]? {
        guard !state.record.strayWorker else { return nil }
        return context.acknowledgements.outcomes(of: stop.taskId) ?? (stop.statusBefore.isAbnormal ? [] : nil)
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
