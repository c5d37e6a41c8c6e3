public import CutoverModel

/// The stop of a task: which mode is taken, and one phase after another. Pure.
///
/// Source of the rules: the status table and the phases in the project's description of a stop (README, "What a stop is").
public enum StopMachine {
    /// Why a stop that FORCED overtook is forced.
    static let overtaken = "a forced stop overtook a graceful one"

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
    ///
    /// A task has one stop at a time. While one waits or is carried out, only an order FORCED changes it; AUTO is told of it. A
    /// stop that was withdrawn is over: the next order makes a new one, with an id of its own.
    public static func decide(
        _ order: StopOrder, for state: TaskState, nowMs: Int64
    ) throws(Refusal) -> StopDecision {
        let record = state.record
        if record.status == .stopped || record.status == .completed { return .alreadyEnded }
        if order.mode == .forced || order.onDeadline == .force, order.reason.allSatisfy(\.isWhitespace) {
            throw Refusal(
                .reasonRequired, "A forced stop leaves triggers and events behind. Give a reason for the audit log.")
        }
        let resolved = resolveMode(asked: order.mode, for: record, abnormality: order.abnormality)
        try requirePermission(order, record, resolved: resolved)
        let action: TaskAction = resolved.mode == .forced ? .stopForced : .stopGraceful
        if let refusal = Legality.refusal(of: action, for: state) {
            return try wait(order, for: state, refusal, resolved: resolved, nowMs: nowMs)
        }
        if let stop = state.stop {
            if record.status == .stopping || record.status == .stopFailed {
                return try again(order, stop, state, resolved: resolved, nowMs: nowMs)
            }
            if stop.phase == .waiting { return overtake(stop, with: order, state, nowMs: nowMs) }
        }
        if resolved.mode == .graceful {
            try requireReachable(order.drainTo, record, appliedPosition: order.appliedPosition)
        }
        return .accepted(accept(makeStop(order, for: record, resolved: resolved, nowMs: nowMs), state, nowMs: nowMs))
    }

    /// Refuses a stop that is forced, or may become so, to a caller who may not force. AUTO leaves a stop alone that is being
    /// carried out, and so forces nothing then.
    private static func requirePermission(
        _ order: StopOrder, _ record: TaskRecord, resolved: (mode: StopMode, why: String)
    ) throws(Refusal) {
        guard !order.mayForce else { return }
        let forces = order.mode == .forced || (resolved.mode == .forced && record.status != .stopping)
        guard forces || order.onDeadline == .force else { return }
        throw Refusal(
            .roleMissing,
            order.mode == .forced || order.onDeadline == .force
                ? "A stop that is forced, or may become so, needs the role force."
                : "AUTO would force this stop (\(resolved.why)), which needs the role force.")
    }

    /// What is written for a request that was answered but changes nothing, so that its id is remembered with the present stop.
    public static func acknowledge(_ state: TaskState) -> TaskTransition {
        TaskTransition(state: state, action: "stop.acknowledged")
    }

    // MARK: - Where to drain to

    /// The point that is meant: a held task stays where it stands unless the order says otherwise.
    public static func drainTarget(_ asked: DrainTarget?, for record: TaskRecord) -> DrainTarget {
        guard let asked, asked.point != .unspecified else {
            return DrainTarget(point: record.status == .paused ? .applied : .current)
        }
        return asked
    }

    /// Refuses an exact point that a graceful stop of this task cannot end at.
    /// - Parameter appliedPosition: what the destination is known to have; nil when not known.
    static func requireReachable(
        _ target: DrainTarget?, _ record: TaskRecord, appliedPosition: String?
    ) throws(Refusal) {
        guard let target, target.isExact else { return }
        guard record.copyDone else {
            throw Refusal(
                .notFollowing,
                "The task does not follow its source yet, so it cannot drain to a GTID or a time. "
                    + "Stop it without drain_to, or wait until the full copy has ended.")
        }
        guard target.point == .gtid, let wanted = GTIDPosition(target.gtid),
            let applied = appliedPosition.flatMap(GTIDPosition.init), applied.isBeyond(wanted)
        else { return }
        throw Refusal(
            .drainTargetPassed,
            "The destination has applied \(applied) and is past the GTID to drain to. "
                + "Stop with drain_to APPLIED, or at a later GTID.")
    }

    // MARK: - Acceptance

    /// The stop that an order asks for. Up to where it drains is settled at acceptance, when the task's status is known.
    static func makeStop(
        _ order: StopOrder, for record: TaskRecord, resolved: (mode: StopMode, why: String), nowMs: Int64
    ) -> Stop {
        Stop(
            id: order.stopID, taskId: record.id, taskName: record.name, batchId: order.batchID,
            requestId: order.requestID, actor: order.actor, reason: order.reason, modeAsked: order.mode.orAuto,
            modeTaken: resolved.mode, modeReason: resolved.why, acceptedAtMs: nowMs, statusBefore: record.status,
            copyComplete: record.copyDone, requireAllObjects: order.requireAllObjects,
            drainDeadlineMs: order.drainDeadlineMs, drainTo: order.drainTo, onDeadline: order.onDeadline.orKeepRunning)
    }

    static func accept(_ stop: Stop, _ state: TaskState, nowMs: Int64) -> TaskTransition {
        var state = state
        var stop = stop
        let record = state.record
        stop.enter(.accepted, nowMs: nowMs)
        stop.statusBefore = record.status
        stop.copyComplete = record.copyDone
        stop.drainTo = drainTarget(stop.drainTo, for: record)
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

    // MARK: - Ordered again

    /// A stop that is in progress or has failed is ordered again: a forced order escalates, a failed stop is retried.
    ///
    /// AUTO escalates a failed stop when an end is unreachable, but never one that is still being carried out. The stop keeps its
    /// id, batch and request id, whoever orders it again: the later request is remembered as leading to the same stop.
    private static func again(
        _ order: StopOrder, _ stop: Stop, _ state: TaskState, resolved: (mode: StopMode, why: String), nowMs: Int64
    ) throws(Refusal) -> StopDecision {
        var state = state
        var stop = stop
        let inProgress = state.record.status == .stopping
        let asksForced = order.mode == .forced || (!inProgress && resolved.mode == .forced)
        let escalates = asksForced && stop.modeTaken != .forced
        if inProgress, !escalates { return .inProgress }
        stop.failure = nil
        stop.blocker = ""
        stop.attempts = 0
        if escalates {
            force(&stop, because: order.mode == .forced ? overtaken : resolved.why, nowMs: nowMs)
            // Whoever forces a completion stops the task: it has not ended by itself.
            stop.completes = false
            stop.actor = order.actor
            if !order.reason.isEmpty { stop.reason = order.reason }
        } else {
            try retry(&stop, state.record, under: order, nowMs: nowMs)
        }
        state.record.status = .stopping
        state.record.updatedAtMs = nowMs
        state.stop = stop
        return .accepted(TaskTransition(state: state, action: escalates ? "stop.escalated" : "stop.retried"))
    }

    /// Takes a failed stop up where it failed, under the terms of the new order: what failed under the old ones may be let pass.
    /// Terms that the order leaves open stay as they were.
    ///
    /// Before the point of no return the order may name another point to drain to: then the drain begins anew. Its time counts
    /// from now in any case, and what shall happen when it passes has not happened yet.
    private static func retry(
        _ stop: inout Stop, _ record: TaskRecord, under order: StopOrder, nowMs: Int64
    ) throws(Refusal) {
        var phase = stop.phaseToRetry
        if let target = order.drainTo, target.point != .unspecified, target != stop.drainTo, stop.drains(record) {
            guard stop.isBeforeNoReturn else {
                throw Refusal(
                    .pastNoReturn,
                    "The drain has ended (\(phase.name)): where to drain to cannot be changed any more. "
                        + "Stop the task again without drain_to.")
            }
            try requireReachable(target, record, appliedPosition: order.appliedPosition)
            stop.drainTo = target
            stop.requestedPosition = ""
            phase = .accepted
        }
        stop.requireAllObjects = order.requireAllObjects
        if !order.reason.isEmpty, !stop.completes {
            stop.actor = order.actor
            stop.reason = order.reason
        }
        stop.enter(phase, nowMs: nowMs)
        // A drain that is over keeps the terms that it had.
        guard stop.isBeforeNoReturn else { return }
        if order.drainDeadlineMs > 0 { stop.drainDeadlineMs = order.drainDeadlineMs }
        if order.onDeadline != .unspecified { stop.onDeadline = order.onDeadline }
        stop.deadlinePassed = false
        if stop.drainTo?.point == .time { stop.requestedPosition = "" }
        stop.owesDrain(nowMs: nowMs)
    }

    /// Turns a graceful stop into a forced one.
    static func force(_ stop: inout Stop, because why: String, nowMs: Int64) {
        stop.modeTaken = .forced
        stop.modeReason = why
        stop.escalated = true
        stop.drainDeadlineAtMs = 0
        stop.enter(.releasing, nowMs: nowMs)
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

extension DrainTarget {
    /// Whether it names a point of the source's history itself, rather than where an end happens to stand.
    var isExact: Bool { point == .gtid || point == .time }
}
