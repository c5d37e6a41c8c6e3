public import CutoverModel

/// Counters and positions that a worker had when a phase ended.
public struct StopCounters: Sendable, Hashable {
    public var receivedPosition: String
    public var appliedPosition: String
    public var rowsCopied: UInt64
    public var rowsApplied: UInt64
    public var transactionsApplied: UInt64

    public init(_ progress: MigrationProgress) {
        receivedPosition = progress.receivedPosition
        appliedPosition = progress.appliedPosition
        rowsCopied = progress.rowsCopied
        rowsApplied = progress.rowsApplied
        transactionsApplied = progress.transactionsApplied
    }
}

/// What a release found and did.
public struct StopRelease: Sendable, Hashable {
    /// The epoch at which the destination is fenced; 0 when that could not be confirmed.
    public var fenceEpoch: UInt64
    public var resources: [ResourceOutcome]
    public var tables: [TableOutcome]
    /// What a forced stop leaves behind, with its SQL.
    public var residue: ObjectInventory?

    public init(
        fenceEpoch: UInt64 = 0, resources: [ResourceOutcome] = [], tables: [TableOutcome] = [],
        residue: ObjectInventory? = nil
    ) {
        self.fenceEpoch = fenceEpoch
        self.resources = resources
        self.tables = tables
        self.residue = residue
    }
}

/// One step of a stop, reported by its runner.
public enum StopStep: Sendable, Hashable {
    /// The drain begins: its position is known, but that of a drain to a time; what a forced stop would leave is known as of a time.
    case drainBegan(requestedPosition: String, objectsKnownAtMs: Int64)
    /// Following came to the target, at this GTID position.
    case drainEnded(StopCounters, reached: String)
    /// The drain was owed by now. What was counted so far, and what held it up.
    case deadlinePassed(StopCounters?, blocker: String)
    /// Something shows before the point of no return that makes this stop impossible while the task itself can run on.
    case unfeasible(TaskFailure)
    case triggersMoved([ObjectOutcome])
    case eventsMoved([ObjectOutcome])
    case released(StopRelease, StopCounters?)
    /// The phase cannot go on now and will be tried again.
    case blocked(String, attempts: UInt32)
    /// The phase cannot go on at all.
    case failed(TaskFailure)
}

extension StopMachine {
    /// Takes a step in that was made for this stop as it was read; nil when it is stale.
    ///
    /// Stale is also what was made for another point to drain to, and a position that an earlier attempt of the drain came to.
    public static func apply(
        _ step: StopStep, of stop: Stop, to state: TaskState, nowMs: Int64
    ) -> TaskTransition? {
        guard let present = state.stop, present.drainTo == stop.drainTo else { return nil }
        switch step {
        case .drainBegan, .drainEnded: guard present.phases == stop.phases else { return nil }
        default: break
        }
        return apply(step, stopID: stop.id, mode: stop.modeTaken, to: state, nowMs: nowMs)
    }

    /// Takes a step in; nil when it is stale: the stop is another one, has another mode, or is past it.
    public static func apply(
        _ step: StopStep, stopID: String, mode: StopMode, to state: TaskState, nowMs: Int64
    ) -> TaskTransition? {
        guard state.record.status == .stopping, var stop = state.stop, stop.id == stopID, stop.modeTaken == mode else {
            return nil
        }
        var state = state
        state.record.updatedAtMs = nowMs
        if case .blocked(let blocker, let attempts) = step {
            stop.blocker = blocker
            stop.attempts = attempts
            state.stop = stop
            return TaskTransition(state: state, action: "stop.blocked")
        }
        switch step {
        case .failed(let failure): return fail(stop, &state, failure, nowMs: nowMs)
        case .unfeasible(let failure):
            guard stop.isBeforeNoReturn else { return nil }
            if stop.completes { return fail(stop, &state, failure, nowMs: nowMs) }
            return withdraw(stop, state, by: "cutover", reason: failure.message, failure: failure, nowMs: nowMs)
        case .deadlinePassed(let counters, let blocker):
            guard stop.isBeforeNoReturn else { return nil }
            if let counters { stop.take(counters) }
            // It came to its target in time, and only the report of that is late.
            if stop.drained { break }
            return missDeadline(stop, &state, blocker: blocker, nowMs: nowMs)
        default: break
        }
        stop.blocker = ""
        stop.attempts = 0
        if step.isOfOwner { state.record.strayWorker = false }
        switch (step, stop.phase) {
        case (.drainBegan(let requested, let known), .accepted):
            stop.promise(requested)
            stop.objectsKnownAtMs = known
            stop.enter(.draining, nowMs: nowMs)
        case (.drainEnded(let counters, let reached), .draining):
            stop.take(counters, reached: reached)
            guard stop.drained else {
                return fail(
                    stop, &state,
                    TaskFailure(
                        code: "DRAIN_MISSED",
                        message: "The drain ended before the requested position was applied. "
                            + "Stop the task again, or force the stop.",
                        atMs: nowMs), nowMs: nowMs)
            }
            stop.enter(.migratingTriggers, nowMs: nowMs)
        case (.deadlinePassed, .draining):
            stop.enter(.migratingTriggers, nowMs: nowMs)
        case (.triggersMoved(let outcomes), .migratingTriggers):
            stop.objects.removeAll { $0.kind != .event }
            stop.objects.append(contentsOf: outcomes)
            if let failed = missingObject(stop, outcomes, &state, nowMs: nowMs) { return failed }
            stop.enter(.migratingEvents, nowMs: nowMs)
        case (.eventsMoved(let outcomes), .migratingEvents):
            stop.objects.removeAll { $0.kind == .event }
            stop.objects.append(contentsOf: outcomes)
            if let failed = missingObject(stop, outcomes, &state, nowMs: nowMs) { return failed }
            stop.enter(.releasing, nowMs: nowMs)
        case (.released(let release, let counters), .releasing):
            guard fences(release, mode: mode, state.record) else { return nil }
            if let counters { stop.take(counters) }
            stop.fenceEpoch = release.fenceEpoch
            stop.resources = release.resources
            if !release.tables.isEmpty { stop.tables = release.tables }
            if mode == .forced, let residue = release.residue {
                stop.objectsKnownAtMs = residue.atMs
                stop.leaveBehind(residue.objects)
            }
            state.record.epoch = max(state.record.epoch, release.fenceEpoch)
            state.record.strayWorker = false
            return finish(&state, stop, action: stop.completes ? "completed" : "stopped", nowMs: nowMs)
        default: return nil
        }
        state.stop = stop
        return TaskTransition(state: state, action: "stop.\(stop.phase.name.lowercased())")
    }

    /// A fence below the task's epoch would let its last owner write on. Only a forced stop may go without a fence, and only when
    /// there is nobody left who could write.
    private static func fences(_ release: StopRelease, mode: StopMode, _ record: TaskRecord) -> Bool {
        release.fenceEpoch == 0 ? mode == .forced && !record.strayWorker : release.fenceEpoch >= record.epoch
    }

    private static func fail(
        _ stop: Stop, _ state: inout TaskState, _ failure: TaskFailure, nowMs: Int64
    ) -> TaskTransition {
        var stop = stop
        stop.failure = failure
        stop.blocker = ""
        stop.phaseEtaMs = 0
        stop.enter(.failed, nowMs: nowMs)
        state.record.status = .stopFailed
        state.stop = stop
        return TaskTransition(state: state, action: "stop.failed")
    }

    /// What was agreed for a drain that takes too long. A completion has nothing to run on to: it fails.
    private static func missDeadline(
        _ stop: Stop, _ state: inout TaskState, blocker: String, nowMs: Int64
    ) -> TaskTransition {
        var stop = stop
        let held = blocker.isEmpty ? "" : " It was held up: \(blocker)."
        let failure = TaskFailure(
            code: "DRAIN_DEADLINE", message: "The drain took longer than \(stop.drainDeadlineMs) ms.\(held)",
            atMs: nowMs)
        stop.blocker = ""
        stop.attempts = 0
        if stop.completes { return fail(stop, &state, failure, nowMs: nowMs) }
        stop.deadlinePassed = true
        switch stop.onDeadline {
        case .stopUndrained:
            stop.enter(.migratingTriggers, nowMs: nowMs)
            state.stop = stop
            return TaskTransition(state: state, action: "stop.undrained")
        case .force:
            force(&stop, because: "on_deadline FORCE. \(failure.message)", nowMs: nowMs)
            state.stop = stop
            return TaskTransition(state: state, action: "stop.escalated")
        case .unspecified, .keepRunning, .unrecognized:
            return withdraw(
                stop, state, by: "cutover", reason: "on_deadline KEEP_RUNNING", failure: failure, nowMs: nowMs)
        }
    }

    /// With `require_all_objects`, one failed object fails the stop.
    private static func missingObject(
        _ stop: Stop, _ outcomes: [ObjectOutcome], _ state: inout TaskState, nowMs: Int64
    ) -> TaskTransition? {
        guard stop.requireAllObjects, outcomes.contains(where: { $0.result == .failed }) else { return nil }
        return fail(
            stop, &state,
            TaskFailure(
                code: "OBJECTS_FAILED",
                message: "Objects could not be created at the destination; their errors are listed. "
                    + "Correct them and stop the task again, or force the stop.",
                atMs: nowMs), nowMs: nowMs)
    }
}

extension StopStep {
    /// It was done by a worker that had claimed the destination: none that came before it can write any more.
    fileprivate var isOfOwner: Bool {
        switch self {
        case .drainBegan, .drainEnded, .triggersMoved, .eventsMoved: true
        case .deadlinePassed, .unfeasible, .released, .blocked, .failed: false
        }
    }
}
