public import CutoverModel

/// The stop of a task: which mode is taken, and one phase after another. Pure.
///
/// Source of the rules: the status table and the phases in the project's description of a stop (README, "What a stop is").
public enum StopMachine {
    /// The mode that would be taken now, and why.
    public static func resolveMode(
        asked: StopMode, for record: TaskRecord, abnormality: String?
    ) -> (mode: StopMode, why: String) {
        switch asked {
        case .graceful: return (.graceful, "asked for")
        case .forced: return (.forced, "asked for")
        case .unspecified, .auto, .unrecognized:
            if record.status.isAbnormal {
                let code = record.failure.map { ": \($0.code)" } ?? ""
                return (.forced, "the task is abnormal (\(record.status.name)\(code)), so it cannot drain")
            }
            if let abnormality { return (.forced, abnormality) }
            return (.graceful, "the task is healthy")
        }
    }

    /// Decides about an order.
    public static func decide(
        _ order: StopOrder, for state: TaskState, nowMs: Int64
    ) throws(Refusal) -> StopDecision {
        let record = state.record
        if record.status == .stopped || record.status == .completed { return .alreadyEnded }
        if order.mode == .forced || order.onDeadline == .force, order.reason.allSatisfy(\.isWhitespace) {
            throw Refusal(
                .reasonRequired, "A forced stop leaves triggers and events behind. Give a reason for the audit log.")
        }
        let (mode, why) = resolveMode(asked: order.mode, for: record, abnormality: order.abnormality)
        let action: TaskAction = mode == .forced ? .stopForced : .stopGraceful
        if let refusal = Legality.refusal(of: action, for: state) {
            return try wait(order, for: state, refusal, resolved: (mode, why), nowMs: nowMs)
        }
        if record.status == .stopping || record.status == .stopFailed, let stop = state.stop {
            return again(order, stop, state, resolved: (mode, why), nowMs: nowMs)
        }
        if mode == .graceful, order.namesPoint, !record.copyDone {
            throw Refusal(
                .notFollowing,
                "The task does not follow its source yet, so it cannot drain to a GTID or a time. "
                    + "Stop it without drain_to, or wait until the full copy has ended.")
        }
        if mode == .graceful, let refusal = passed(order) { throw refusal }
        var stop = makeStop(order, for: record, resolved: (mode, why), nowMs: nowMs)
        if let waiting = state.stop, waiting.phase == .waiting {
            // The order overtakes the one that waited: one stop, its first request's.
            stop.id = waiting.id
            stop.escalated = mode == .forced && waiting.modeAsked != .forced
            stop.phases = waiting.phases
        }
        return .accepted(accept(stop, state, nowMs: nowMs))
    }

    /// What is withdrawn, and by whom.
    public static func cancel(
        _ state: TaskState, actor: String, reason: String, nowMs: Int64
    ) throws(Refusal) -> CancelDecision {
        if let stop = state.stop, stop.phase == .withdrawn { return .alreadyWithdrawn }
        if let refusal = Legality.refusal(of: .cancelStop, for: state) { throw refusal }
        guard let stop = state.stop else { throw Refusal(.notStopping, "The task is not being stopped.") }
        return .withdrawn(withdraw(stop, state, by: actor, reason: reason, failure: nil, nowMs: nowMs))
    }

    // MARK: - Acceptance

    private static func makeStop(
        _ order: StopOrder, for record: TaskRecord, resolved: (mode: StopMode, why: String), nowMs: Int64
    ) -> Stop {
        Stop(
            id: order.stopID, taskId: record.id, taskName: record.name, batchId: order.batchID,
            requestId: order.requestID, actor: order.actor, reason: order.reason, modeAsked: order.mode.orAuto,
            modeTaken: resolved.mode, modeReason: resolved.why, acceptedAtMs: nowMs, statusBefore: record.status,
            copyComplete: record.copyDone, requireAllObjects: order.requireAllObjects,
            drainDeadlineMs: order.drainDeadlineMs,
            drainTo: drainTarget(order.drainTo, for: record), onDeadline: order.onDeadline.orKeepRunning)
    }

    /// The point that is meant: a held task stays where it stands unless the order says otherwise.
    public static func drainTarget(_ asked: DrainTarget?, for record: TaskRecord) -> DrainTarget {
        guard let asked, asked.point != .unspecified else {
            return DrainTarget(point: record.status == .paused ? .applied : .current)
        }
        return asked
    }

    /// True when a position known to be applied is beyond the GTID that was asked for.
    private static func passed(_ order: StopOrder) -> Refusal? {
        guard order.drainTo?.point == .gtid, let target = GTIDPosition(order.drainTo?.gtid ?? ""),
            let applied = order.appliedPosition.flatMap(GTIDPosition.init), !target.reaches(applied)
        else { return nil }
        return Refusal(
            .drainTargetPassed,
            "The destination has applied \(applied) and is past the GTID to drain to. "
                + "Stop with drain_to APPLIED, or at a later GTID.")
    }

    private static func accept(_ stop: Stop, _ state: TaskState, nowMs: Int64) -> TaskTransition {
        var state = state
        var stop = stop
        let record = state.record
        stop.enter(.accepted, nowMs: nowMs)
        stop.statusBefore = record.status
        stop.copyComplete = record.copyDone
        stop.acceptedAtMs = nowMs
        stop.blocker = ""
        state.record.previousStatus = record.status
        state.record.stopId = stop.id
        state.record.updatedAtMs = nowMs
        state.record.configurationRunning = false
        state.record.repairDueAtMs = 0
        guard record.destinationTouched else {
            // Nothing was ever written or opened: there is nothing to drain, move, fence or release.
            return finish(&state, stop, action: "stop.accepted", nowMs: nowMs)
        }
        state.record.status = .stopping
        if stop.modeTaken == .forced || !record.copyDone {
            stop.enter(.releasing, nowMs: nowMs)
        } else {
            stop.owesDrain(nowMs: nowMs)
        }
        state.stop = stop
        return TaskTransition(state: state, action: "stop.accepted")
    }

    /// A stop that is in progress or has failed is ordered again: a forced order escalates, a failed stop is retried.
    ///
    /// AUTO escalates a failed stop when an end is unreachable, but never one that is still being carried out.
    private static func again(
        _ order: StopOrder, _ stop: Stop, _ state: TaskState, resolved: (mode: StopMode, why: String), nowMs: Int64
    ) -> StopDecision {
        var state = state
        var stop = stop
        let inProgress = state.record.status == .stopping
        let asksForced = order.mode == .forced || (!inProgress && resolved.mode == .forced)
        let escalates = asksForced && stop.modeTaken != .forced
        if inProgress, !escalates { return .inProgress }
        state.record.status = .stopping
        state.record.updatedAtMs = nowMs
        stop.failure = nil
        stop.blocker = ""
        stop.attempts = 0
        if escalates {
            force(
                &stop, because: order.mode == .forced ? "a forced stop overtook a graceful one" : resolved.why,
                nowMs: nowMs)
            // Whoever forces a completion stops the task: it has not ended by itself.
            stop.completes = false
            stop.actor = order.actor
            if !order.reason.isEmpty { stop.reason = order.reason }
        } else {
            // What failed under the old terms may be let pass by the new ones.
            stop.requireAllObjects = order.requireAllObjects
            if order.drainDeadlineMs > 0 { stop.drainDeadlineMs = order.drainDeadlineMs }
            if order.onDeadline != .unspecified { stop.onDeadline = order.onDeadline }
            let phase = stop.phaseToRetry
            stop.enter(phase, nowMs: nowMs)
            if phase == .accepted || phase == .draining { stop.owesDrain(nowMs: nowMs) }
        }
        state.stop = stop
        return .accepted(TaskTransition(state: state, action: escalates ? "stop.escalated" : "stop.retried"))
    }

    /// Turns a graceful stop into a forced one.
    static func force(_ stop: inout Stop, because why: String, nowMs: Int64) {
        stop.modeTaken = .forced
        stop.modeReason = why
        stop.escalated = true
        stop.drainDeadlineAtMs = 0
        stop.enter(.releasing, nowMs: nowMs)
    }

    // MARK: - Waiting for a repair to end

    /// An order that is not legal now: kept when it may wait, refused otherwise.
    private static func wait(
        _ order: StopOrder, for state: TaskState, _ refusal: Refusal, resolved: (mode: StopMode, why: String),
        nowMs: Int64
    ) throws(Refusal) -> StopDecision {
        guard order.whenIllegal == .wait, state.record.status == .faultRectification else { throw refusal }
        var state = state
        if var waiting = state.stop, waiting.phase == .waiting {
            guard order.mode == .forced, waiting.modeAsked != .forced else { return .inProgress }
            waiting.modeAsked = .forced
            waiting.modeTaken = .forced
            waiting.modeReason = "a forced stop overtook a graceful one"
            waiting.escalated = true
            waiting.actor = order.actor
            waiting.reason = order.reason
            state.stop = waiting
            state.record.updatedAtMs = nowMs
            return .accepted(TaskTransition(state: state, action: "stop.escalated"))
        }
        var stop = makeStop(order, for: state.record, resolved: resolved, nowMs: nowMs)
        stop.blocker = refusal.explanation
        stop.enter(.waiting, nowMs: nowMs)
        state.record.stopId = stop.id
        state.record.updatedAtMs = nowMs
        state.stop = stop
        return .accepted(TaskTransition(state: state, action: "stop.waiting"))
    }

    /// Takes a waiting stop up as soon as the task may be stopped; gives it up when the task cannot be any more as was asked.
    static func settleWaiting(_ transition: TaskTransition, nowMs: Int64) -> TaskTransition {
        guard var stop = transition.state.stop, stop.phase == .waiting else { return transition }
        let state = transition.state
        let (mode, why) = resolveMode(asked: stop.modeAsked, for: state.record, abnormality: nil)
        guard let refusal = Legality.refusal(of: mode == .forced ? .stopForced : .stopGraceful, for: state) else {
            stop.modeTaken = mode
            if !stop.escalated { stop.modeReason = why }
            return accept(stop, state, nowMs: nowMs)
        }
        if state.record.status == .faultRectification { return transition }
        let failure = TaskFailure(code: refusal.reason.rawValue, message: refusal.explanation, atMs: nowMs)
        return withdraw(
            stop, state, by: "cutover", reason: "the repair ended without success", failure: failure, nowMs: nowMs)
    }

    // MARK: - Endings

    /// Calls a stop off: the task goes on from where it was.
    static func withdraw(
        _ stop: Stop, _ state: TaskState, by actor: String, reason: String, failure: TaskFailure?, nowMs: Int64
    ) -> TaskTransition {
        var state = state
        var stop = stop
        if stop.phase != .waiting {
            state.record.status = stop.statusBefore == .paused ? .paused : .incrementalMigration
            state.record.previousStatus = .incrementalMigration
        }
        state.record.updatedAtMs = nowMs
        stop.enter(.withdrawn, nowMs: nowMs)
        stop.end(nowMs: nowMs)
        stop.failure = failure
        stop.withdrawnBy = actor
        stop.withdrawnReason = reason
        state.stop = stop
        return TaskTransition(state: state, action: "stop.withdrawn", seals: .withdrawn)
    }

    /// A full-copy-only task ends by itself, with the same phases and the same receipt.
    static func complete(_ state: inout TaskState, nowMs: Int64) -> TaskTransition {
        let record = state.record
        var stop = Stop(
            id: record.id, taskId: record.id, taskName: record.name, actor: "cutover",
            reason: "the full migration is complete", modeAsked: .graceful, modeTaken: .graceful,
            modeReason: "the full migration is complete", acceptedAtMs: nowMs, statusBefore: .fullMigration,
            copyComplete: true, completes: true, drainTo: DrainTarget(point: .applied), onDeadline: .keepRunning)
        stop.enter(.accepted, nowMs: nowMs)
        state.record.status = .stopping
        state.record.previousStatus = .fullMigration
        state.record.stopId = stop.id
        state.record.repairRunning = false
        state.stop = stop
        return TaskTransition(state: state, action: "completing")
    }

    static func finish(_ state: inout TaskState, _ stop: Stop, action: String, nowMs: Int64) -> TaskTransition {
        var stop = stop
        stop.enter(.stopped, nowMs: nowMs)
        stop.end(nowMs: nowMs)
        stop.failure = nil
        state.record.status = stop.completes ? .completed : .stopped
        state.record.endedAtMs = nowMs
        state.record.updatedAtMs = nowMs
        state.record.abnormalSinceMs = 0
        state.stop = stop
        return TaskTransition(state: state, action: action, seals: .stopped)
    }

    /// The residue of a forced stop was finished later: the task stays as it is, the outcomes are attested.
    public static func finishResidue(
        _ outcomes: [ObjectOutcome], of state: TaskState, actor: String, reason: String, nowMs: Int64
    ) throws(Refusal) -> TaskTransition {
        if let refusal = Legality.refusal(of: .finishResidue, for: state) { throw refusal }
        var state = state
        state.stop?.residue = outcomes
        state.stop?.residueFinishedAtMs = nowMs
        state.stop?.residueActor = actor
        state.stop?.residueReason = reason
        state.record.updatedAtMs = nowMs
        return TaskTransition(state: state, action: "residue.finished", seals: .residueFinished)
    }
}

extension StopMode {
    /// `.unspecified` read as AUTO.
    var orAuto: StopMode { self == .unspecified ? .auto : self }
}

extension OnDeadline {
    /// `.unspecified` read as KEEP_RUNNING.
    var orKeepRunning: OnDeadline { self == .unspecified ? .keepRunning : self }
}

extension Stop {
    /// Ends the present phase and begins another.
    mutating func enter(_ next: StopPhase, nowMs: Int64) {
        if let last = phases.indices.last, phases[last].endedAtMs == 0 { phases[last].endedAtMs = nowMs }
        phase = next
        phases.append(PhaseRecord(phase: next, startedAtMs: nowMs))
    }

    /// The last phase is over at once, and with it the stop.
    fileprivate mutating func end(nowMs: Int64) {
        phases[phases.count - 1].endedAtMs = nowMs
        endedAtMs = nowMs
        blocker = ""
        attempts = 0
        phaseEtaMs = 0
    }

    /// The time for the drain counts from now.
    fileprivate mutating func owesDrain(nowMs: Int64) {
        drainDeadlineAtMs = drainDeadlineMs == 0 ? 0 : nowMs + Int64(drainDeadlineMs)
    }

    /// The phase that a failed stop takes up again.
    var phaseToRetry: StopPhase {
        phases.last(where: { $0.phase != .failed })?.phase ?? .accepted
    }

    /// Nothing was done yet that could not be taken back.
    public var isBeforeNoReturn: Bool {
        let present = phase == .failed ? phaseToRetry : phase
        return present == .accepted || present == .draining || present == .waiting
    }

    /// Objects that a forced stop left behind and that were not made since.
    public var openResidue: [ObjectOutcome] {
        objects.filter { object in
            guard object.result == .leftBehind else { return false }
            return !residue.contains {
                $0.isSameObject(as: object) && ($0.result == .created || $0.result == .present || $0.result == .skipped)
            }
        }
    }
}

extension ObjectOutcome {
    /// Whether both speak of one object.
    public func isSameObject(as other: ObjectOutcome) -> Bool {
        kind == other.kind && database == other.database && name == other.name && table == other.table
    }
}
