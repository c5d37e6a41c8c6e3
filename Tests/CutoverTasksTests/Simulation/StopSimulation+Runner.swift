import CutoverModel
import CutoverTasks

/// The server's side: one small step of the task's work at a time, chosen by the durable state alone.
extension StopSimulation {
    mutating func runnerStep(_ task: String) async throws {
        guard let state = try await store.state(of: task) else { return }
        let work = core.work(state.record)
        let stopID = work == .stop ? state.record.stopId : nil
        if let worker = workers[task], worker.stop?.id != stopID || (work != .replicate && work != .stop) {
            // A worker that has another job is closed and awaited first.
            workers[task] = nil
        }
        switch work {
        case .none: return
        case .create: try await report(.created, epoch: state.record.epoch, task)
        case .preCheck:
            try await report(.preCheckEnded(failed: !calm && random.oneIn(4)), epoch: state.record.epoch, task)
        case .waitForStart(let atMs):
            guard nowMs >= atMs else { return }
            let core = core
            do { _ = try await carryOut(task) { try core.order(.start, $0, $1) } } catch is Refusal {}
        case .replicate: try await replicateStep(task, state)
        case .stop:
            guard let stop = state.stop else { return }
            try await stopStep(task, state, stop)
        }
    }

    /// The worker that owns the task now; made, at a new epoch, when there is none.
    private mutating func ownWorker(_ task: String, _ state: TaskState, stop: Stop? = nil) async throws -> Worker? {
        if let worker = workers[task], worker.epoch == state.record.epoch { return worker }
        workers[task] = nil
        guard let owned = try await report(.workerStarting, epoch: state.record.epoch, task) else { return nil }
        workers[task] = Worker(epoch: owned.record.epoch, stop: stop, applied: saved[task] ?? 0)
        return nil
    }

    /// Claims the destination for a worker; false when it cannot be had.
    private mutating func claim(_ task: String, _ worker: inout Worker) -> Bool {
        guard let end = ends[task], end.isDestinationUp, end.fenceEpoch <= worker.epoch else { return false }
        ends[task]?.fenceEpoch = worker.epoch
        ends[task]?.isOwned = true
        unproven.remove(task)
        worker.claimed = true
        worker.applied = end.applied
        workers[task] = worker
        return true
    }

    private mutating func fail(_ task: String, _ worker: Worker, retriable: Bool = true) async throws {
        workers[task] = nil
        try await report(
            .workerFailed(TaskFailure(code: "LOST", retriable: retriable)), epoch: worker.epoch, task)
    }

    private mutating func replicateStep(_ task: String, _ state: TaskState) async throws {
        let record = state.record
        // No longer than the policy's longest wait, whatever the clock was set to meanwhile.
        let isDue = record.repairDueAtMs <= nowMs || record.repairDueAtMs > nowMs + SimulatedCore.policy.maxDelayMs
        if record.status == .faultRectification, !record.repairRunning, !isDue { return }
        guard var worker = try await ownWorker(task, state), let end = ends[task] else { return }
        if !worker.claimed {
            guard claim(task, &worker) else { return try await fail(task, worker) }
            let following = ReplicationCheckpoint.following(position: end.appliedPosition.description)
            try await report(.claimed(end.isCopied ? following : .copying), epoch: worker.epoch, task)
            return
        }
        if !calm, random.oneIn(12) { return try await fail(task, worker, retriable: !random.oneIn(3)) }
        guard end.isSourceUp, end.isDestinationUp else { return try await fail(task, worker) }
        guard record.status == .fullMigration else {
            guard try applyOne(task, &worker) else { return try await fail(task, worker, retriable: false) }
            if random.oneIn(5) { try await report(.healthy, epoch: worker.epoch, task) }
            return
        }
        guard random.oneIn(2) else { return }
        let copied = ends[task]?.write(epoch: worker.epoch) {
            $0.isCopied = true
            $0.applied = $0.transactions.count
        }
        guard copied == true else { return try await fail(task, worker, retriable: false) }
        history.wroteAtDestination(task, epoch: worker.epoch)
        worker.applied = ends[task]?.applied ?? 0
        workers[task] = worker
        try mayCrash()
        try await report(.copyEnded, epoch: worker.epoch, task)
    }

    /// Applies one transaction if there is one, and now and then saves the counters, as the server does.
    /// - Returns: false when the worker is fenced.
    private mutating func applyOne(_ task: String, _ worker: inout Worker) throws -> Bool {
        guard let end = ends[task], end.applied < end.transactions.count else { return true }
        guard applyNext(task, epoch: worker.epoch) else { return false }
        worker.applied = end.applied + 1
        workers[task] = worker
        if random.oneIn(3) { saved[task] = worker.applied }
        try mayCrash()
        return true
    }

    // MARK: - Stops

    private mutating func stopStep(_ task: String, _ state: TaskState, _ stop: Stop) async throws {
        guard var worker = try await ownWorker(task, state, stop: stop) else { return }
        worker.stop = stop
        workers[task] = worker
        if stop.phase == .releasing { return try await releaseStep(task, stop, worker) }
        if stop.isBeforeNoReturn, stop.drainDeadlineAtMs > 0, random.oneIn(calm ? 8 : 12) {
            let seen = random.oneIn(3) ? nil : counters(task, random.oneIn(2) ? worker.applied : saved[task] ?? 0)
            try await report(.deadlinePassed(seen, blocker: "a lock"), stop)
            return
        }
        if !worker.claimed {
            guard claim(task, &worker) else {
                try await report(.blocked("unreachable", attempts: stop.attempts + 1), stop)
                return
            }
        }
        if !calm, random.oneIn(15) {
            try await report(.failed(TaskFailure(code: "TIMED_OUT")), stop)
            return
        }
        guard let end = ends[task], end.isDestinationUp else { return }
        switch stop.phase {
        case .accepted: try await beginDrain(stop, end)
        case .draining: try await drainStep(task, stop, end, &worker)
        case .migratingTriggers: try await report(.triggersMoved([object(.trigger)]), stop)
        case .migratingEvents: try await report(.eventsMoved([object(.event)]), stop)
        default: break
        }
    }

    private mutating func beginDrain(_ stop: Stop, _ end: SimulatedEnds) async throws {
        guard end.isSourceUp else { return }
        if !calm, random.oneIn(15) {
            try await report(.unfeasible(TaskFailure(code: "PRIVILEGE_MISSING")), stop)
            return
        }
        let position =
            switch stop.drainTo?.point {
            case .applied: end.appliedPosition
            case .gtid: GTIDPosition(stop.drainTo?.gtid ?? "") ?? end.sourcePosition
            default: end.sourcePosition
            }
        try await report(.drainBegan(requestedPosition: position.description, objectsKnownAtMs: nowMs), stop)
    }

    /// Follows by one transaction, up to the target exactly.
    private mutating func drainStep(
        _ task: String, _ stop: Stop, _ end: SimulatedEnds, _ worker: inout Worker
    ) async throws {
        // Now and then the drain gives up early and says so by its counters.
        if !calm, random.oneIn(20) {
            try await report(.drainEnded(counters(task, worker.applied), reached: stop.requestedPosition), stop)
            return
        }
        guard end.isSourceUp else { return }
        switch Self.drain(stop, end) {
        case .passed: try await report(.unfeasible(TaskFailure(code: "DRAIN_TARGET_PASSED")), stop)
        case .waits: return
        case .goesOn: _ = try applyOne(task, &worker)
        case .reached:
            let reached = end.appliedPosition.description
            try await report(.drainEnded(counters(task, worker.applied), reached: reached), stop)
        }
    }

    enum Drain { case goesOn, waits, reached, passed }

    static func drain(_ stop: Stop, _ end: SimulatedEnds) -> Drain {
        if let target = stop.drainTo, target.point == .time {
            let wanted = end.count(until: target.timeMs / 1_000)
            if end.applied != wanted { return end.applied < wanted ? .goesOn : .passed }
            return wanted < end.transactions.count || end.second > target.timeMs / 1_000 ? .reached : .waits
        }
        let wanted = GTIDPosition(stop.requestedPosition) ?? GTIDPosition()
        if end.appliedPosition.isBeyond(wanted) { return .passed }
        if end.appliedPosition.reaches(wanted) { return .reached }
        let isNextWithin = end.applied < end.transactions.count && wanted.reaches(end.position(end.applied + 1))
        return isNextWithin ? .goesOn : .waits
    }

    private mutating func object(_ kind: ObjectKind) -> ObjectOutcome {
        ObjectOutcome(
            kind: kind, database: "d", name: "o", result: !calm && random.oneIn(5) ? .failed : .created)
    }

    private mutating func releaseStep(_ task: String, _ stop: Stop, _ worker: Worker) async throws {
        // Counters may be older than the worker's: those that a process before the crash had saved.
        let seen = counters(task, random.oneIn(2) ? worker.applied : saved[task] ?? 0)
        let left = [ObjectKind.trigger, .event].map {
            ObjectOutcome(kind: $0, database: "d", name: "o", result: .leftBehind, sql: "CREATE")
        }
        var release = StopRelease(residue: random.oneIn(3) ? nil : ObjectInventory(atMs: nowMs, objects: left))
        guard let end = ends[task], end.isDestinationUp, end.fenceEpoch <= worker.epoch else {
            let proves = stop.modeTaken == .forced && !unproven.contains(task)
            if proves { try await report(.released(release, seen), stop) }
            return
        }
        ends[task]?.fenceEpoch = worker.epoch
        ends[task]?.isOwned = false
        unproven.remove(task)
        try mayCrash()
        release.fenceEpoch = worker.epoch
        try await report(.released(release, seen), stop)
    }

    func counters(_ task: String, _ applied: Int) -> StopCounters {
        .at(applied: ends[task]?.position(applied).description ?? "")
    }
}
