import CutoverModel
import CutoverTasks

/// The server's side: one small step of the task's work at a time, chosen by the durable state alone.
extension StopSimulation {
    mutating func runnerStep(_ task: String) async throws {
        guard let state = try await store.state(of: task) else { return }
        switch core.work(state.record) {
        case .none: workers[task] = nil
        case .create: try await report(.created, epoch: state.record.epoch, task)
        case .preCheck:
            try await report(.preCheckEnded(failed: !calm && random.oneIn(4)), epoch: state.record.epoch, task)
        case .waitForStart(let atMs):
            guard nowMs >= atMs else { return }
            let core = core
            do {
                _ = try await carryOut(Intent(taskID: task, snapshot: state) { try core.order(.start, $0, $1) })
            } catch is Refusal {}
        case .replicate: try await replicateStep(task, state)
        case .stop: try await stopStep(task, state)
        }
    }

    /// The worker that owns the task now; made, at a new epoch, when there is none.
    private mutating func ownWorker(_ task: String, _ state: TaskState) async throws -> Worker? {
        if let worker = workers[task], worker.epoch == state.record.epoch { return worker }
        workers[task] = nil
        guard let owned = try await report(.workerStarting, epoch: state.record.epoch, task) else { return nil }
        let worker = Worker(epoch: owned.record.epoch, snapshot: owned, applied: savedApplied[task] ?? 0)
        workers[task] = worker
        return nil
    }

    /// Claims the destination for a worker; false when it cannot be had.
    private mutating func claim(_ task: String, _ worker: inout Worker) -> Bool {
        guard let end = ends[task], end.isDestinationUp, end.fenceEpoch <= worker.epoch else { return false }
        ends[task]?.fenceEpoch = worker.epoch
        ends[task]?.isOwned = true
        worker.claimed = true
        worker.applied = max(worker.applied, end.appliedSequence)
        workers[task] = worker
        return true
    }

    private mutating func fail(_ task: String, _ worker: Worker, retriable: Bool = true) async throws {
        workers[task] = nil
        try await report(
            .workerFailed(TaskFailure(code: "LOST", retriable: retriable)), epoch: worker.epoch, task)
    }

    private mutating func replicateStep(_ task: String, _ state: TaskState) async throws {
        if state.record.status == .faultRectification, !state.record.repairRunning, state.record.repairDueAtMs > nowMs {
            return
        }
        guard var worker = try await ownWorker(task, state) else { return }
        if !worker.claimed {
            guard claim(task, &worker) else { return try await fail(task, worker) }
            let end = ends[task] ?? SimulatedEnds()
            let following = ReplicationCheckpoint.following(position: SimulatedEnds.position(end.appliedSequence))
            try await report(.claimed(end.isCopied ? following : .copying), epoch: worker.epoch, task)
            return
        }
        if random.oneIn(12) { return try await fail(task, worker, retriable: !random.oneIn(3)) }
        let isUp = ends[task].map { $0.isSourceUp && $0.isDestinationUp } ?? false
        guard isUp else { return try await fail(task, worker) }
        if state.record.status == .fullMigration {
            guard random.oneIn(2) else { return }
            let wrote = ends[task]?.write(epoch: worker.epoch) {
                $0.isCopied = true
                $0.appliedSequence = $0.sourceSequence
            }
            guard wrote == true else { return try await fail(task, worker, retriable: false) }
            worker.applied = ends[task]?.appliedSequence ?? 0
            workers[task] = worker
            try await report(.copyEnded, epoch: worker.epoch, task)
        } else {
            guard applyOne(task, &worker, upTo: .max) else { return try await fail(task, worker, retriable: false) }
            if random.oneIn(5) { try await report(.healthy, epoch: worker.epoch, task) }
        }
    }

    /// Applies one transaction, and now and then saves the counters, as the server does.
    private mutating func applyOne(_ task: String, _ worker: inout Worker, upTo limit: UInt64) -> Bool {
        guard let end = ends[task], end.appliedSequence < min(limit, end.sourceSequence) else { return true }
        guard ends[task]?.write(epoch: worker.epoch, { $0.appliedSequence += 1 }) == true else { return false }
        worker.applied = end.appliedSequence + 1
        workers[task] = worker
        if random.oneIn(3) { savedApplied[task] = worker.applied }
        return true
    }

    private mutating func stopStep(_ task: String, _ state: TaskState) async throws {
        // A stop has a worker of its own; the one before is closed.
        if workers[task]?.snapshot.record.status != .stopping { workers[task] = nil }
        guard let stop = state.stop, var worker = try await ownWorker(task, state), let end = ends[task] else { return }
        worker.snapshot = state
        workers[task] = worker
        if stop.phase == .releasing { return try await releaseStep(task, state, stop, worker) }
        if !worker.claimed {
            guard claim(task, &worker) else {
                try await report(.blocked("unreachable", attempts: stop.attempts + 1), stop, task)
                return
            }
        }
        if !calm, random.oneIn(15) {
            try await report(.failed(TaskFailure(code: "TIMED_OUT")), stop, task)
            return
        }
        switch stop.phase {
        case .accepted:
            guard end.isSourceUp else { return }
            let holds = stop.statusBefore == .paused || stop.completes
            let requested = SimulatedEnds.position(holds ? end.appliedSequence : end.sourceSequence)
            try await report(.drainBegan(requestedPosition: requested, objectsKnownAtMs: nowMs), stop, task)
        case .draining:
            let requested = GTIDPosition(stop.requestedPosition)?.elements[0]?.sequence ?? 0
            guard end.isSourceUp, applyOne(task, &worker, upTo: requested) else { return }
            // Now and then the drain gives up early and says so by its counters.
            guard worker.applied >= requested || (!calm && random.oneIn(8)) else { return }
            try await report(.drainEnded(counters(worker.applied), reached: stop.requestedPosition), stop, task)
        case .migratingTriggers: try await report(.triggersMoved([object(.trigger)]), stop, task)
        case .migratingEvents: try await report(.eventsMoved([object(.event)]), stop, task)
        default: break
        }
    }

    private mutating func object(_ kind: ObjectKind) -> ObjectOutcome {
        ObjectOutcome(
            kind: kind, database: "d", name: "o", result: !calm && random.oneIn(5) ? .failed : .created)
    }

    private mutating func releaseStep(_ task: String, _ state: TaskState, _ stop: Stop, _ worker: Worker) async throws {
        // Counters may be older than the worker's: those that a process before the crash had saved.
        let seen = StopCounters.at(
            applied: SimulatedEnds.position(random.oneIn(2) ? worker.applied : savedApplied[task] ?? 0))
        guard let end = ends[task], end.isDestinationUp, end.fenceEpoch <= worker.epoch else {
            let proves = stop.modeTaken == .forced && !crashed.contains(task)
            if proves { try await report(.released(StopRelease(), seen), stop, task) }
            return
        }
        ends[task]?.fenceEpoch = worker.epoch
        ends[task]?.isOwned = false
        if random.oneIn(6) { return }  // The server dies between the fence and its record.
        try await report(.released(StopRelease(fenceEpoch: worker.epoch), seen), stop, task)
        workers[task] = nil
    }
}
