public import CutoverModel

/// What a caller orders of a stop.
public struct StopOrder: Sendable, Hashable {
    public var stopID: String
    public var batchID: String
    public var requestID: String
    public var actor: String
    public var reason: String
    /// `.unspecified` means AUTO.
    public var mode: StopMode
    public var requireAllObjects: Bool
    /// 0 takes the server's default.
    public var drainDeadlineMs: UInt32
    /// Why the server believes that an end is unreachable right now although the status does not say so yet; else nil.
    public var abnormality: String?

    public init(
        stopID: String, batchID: String = "", requestID: String = "", actor: String = "", reason: String = "",
        mode: StopMode = .auto, requireAllObjects: Bool = false, drainDeadlineMs: UInt32 = 0,
        abnormality: String? = nil
    ) {
        self.stopID = stopID
        self.batchID = batchID
        self.requestID = requestID
        self.actor = actor
        self.reason = reason
        self.mode = mode
        self.requireAllObjects = requireAllObjects
        self.drainDeadlineMs = drainDeadlineMs
        self.abnormality = abnormality
    }
}

/// The answer to a stop order.
public enum StopDecision: Sendable, Hashable {
    /// To be written; from then on the server owns the stop. A task that touched nothing is stopped by this very write.
    case accepted(TaskTransition)
    /// A stop is being carried out already; nothing changes.
    case inProgress
    /// The task had ended before; its receipt answers.
    case alreadyEnded
}

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
        if order.mode == .forced, order.reason.allSatisfy(\.isWhitespace) {
            throw Refusal(
                .reasonRequired, "A forced stop leaves triggers and events behind. Give a reason for the audit log.")
        }
        let (mode, why) = resolveMode(asked: order.mode, for: record, abnormality: order.abnormality)
        let action: TaskAction = mode == .forced ? .stopForced : .stopGraceful
        if let refusal = Legality.refusal(of: action, for: record) { throw refusal }
        if record.status == .stopping || record.status == .stopFailed, let stop = state.stop {
            return again(order, stop, state, resolved: (mode, why), nowMs: nowMs)
        }
        var state = state
        var stop = Stop(
            id: order.stopID, taskId: record.id, taskName: record.name, batchId: order.batchID,
            requestId: order.requestID, actor: order.actor, reason: order.reason, modeAsked: order.mode.orAuto,
            modeTaken: mode, modeReason: why, acceptedAtMs: nowMs, statusBefore: record.status,
            copyComplete: record.copyDone, requireAllObjects: order.requireAllObjects,
            drainDeadlineMs: order.drainDeadlineMs)
        stop.enter(.accepted, nowMs: nowMs)
        state.record.previousStatus = record.status
        state.record.stopId = stop.id
        state.record.updatedAtMs = nowMs
        state.record.configurationRunning = false
        state.record.repairDueAtMs = 0
        guard record.destinationTouched else {
            // Nothing was ever written or opened: there is nothing to drain, move, fence or release.
            return .accepted(finish(&state, stop, action: "stop.accepted", nowMs: nowMs))
        }
        state.record.status = .stopping
        if mode == .forced || !record.copyDone { stop.enter(.releasing, nowMs: nowMs) }
        state.stop = stop
        return .accepted(TaskTransition(state: state, action: "stop.accepted"))
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
            stop.modeTaken = .forced
            stop.modeReason = order.mode == .forced ? "a forced stop overtook a graceful one" : resolved.why
            stop.escalated = true
            // Whoever forces a completion stops the task: it has not ended by itself.
            stop.completes = false
            stop.actor = order.actor
            if !order.reason.isEmpty { stop.reason = order.reason }
            stop.enter(.releasing, nowMs: nowMs)
        } else {
            // What failed under the old terms may be let pass by the new ones.
            stop.requireAllObjects = order.requireAllObjects
            if order.drainDeadlineMs > 0 { stop.drainDeadlineMs = order.drainDeadlineMs }
            stop.enter(stop.phaseToRetry, nowMs: nowMs)
        }
        state.stop = stop
        return .accepted(TaskTransition(state: state, action: escalates ? "stop.escalated" : "stop.retried"))
    }

    /// A full-copy-only task ends by itself, with the same phases and the same receipt.
    static func complete(_ state: inout TaskState, nowMs: Int64) -> TaskTransition {
        let record = state.record
        var stop = Stop(
            id: record.id, taskId: record.id, taskName: record.name, actor: "cutover",
            reason: "the full migration is complete", modeAsked: .graceful, modeTaken: .graceful,
            modeReason: "the full migration is complete", acceptedAtMs: nowMs, statusBefore: .fullMigration,
            copyComplete: true, completes: true)
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
        stop.phases[stop.phases.count - 1].endedAtMs = nowMs
        stop.endedAtMs = nowMs
        stop.blocker = ""
        stop.failure = nil
        stop.attempts = 0
        state.record.status = stop.completes ? .completed : .stopped
        state.record.endedAtMs = nowMs
        state.record.updatedAtMs = nowMs
        state.stop = stop
        return TaskTransition(state: state, action: action, sealsReceipt: true)
    }
}

extension StopMode {
    /// `.unspecified` read as AUTO.
    var orAuto: StopMode { self == .unspecified ? .auto : self }
}

extension Stop {
    /// Ends the present phase and begins another.
    mutating func enter(_ next: StopPhase, nowMs: Int64) {
        if let last = phases.indices.last, phases[last].endedAtMs == 0 { phases[last].endedAtMs = nowMs }
        phase = next
        phases.append(PhaseRecord(phase: next, startedAtMs: nowMs))
    }

    /// The phase that a failed stop takes up again.
    var phaseToRetry: StopPhase {
        phases.last(where: { $0.phase != .failed })?.phase ?? .accepted
    }
}
