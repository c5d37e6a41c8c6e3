import CutoverModel

/// A stop that waits for a repair to end (WHEN_ILLEGAL_WAIT).
///
/// It is settled with the very transition that ends what it waits for: after a repair that succeeded AUTO is graceful, between
/// two attempts and after the last one AUTO and FORCED are forced, GRACEFUL goes on waiting between attempts and is withdrawn
/// after the last one. So a waiting stop is only ever found in FAULT_RECTIFICATION. It has not been accepted yet: until then the
/// task is repaired, paused and resumed as without it.
extension StopMachine {
    /// An order that is not legal now: kept when it may wait, refused otherwise, also when another stop waits already.
    static func wait(
        _ order: StopOrder, for state: TaskState, _ refusal: Refusal, resolved: (mode: StopMode, why: String),
        nowMs: Int64
    ) throws(Refusal) -> StopDecision {
        guard order.whenIllegal == .wait, state.record.status == .faultRectification else { throw refusal }
        var state = state
        state.record.updatedAtMs = nowMs
        if let waiting = state.stop, waiting.phase == .waiting {
            guard order.mode == .forced, !waiting.isForced else { return .inProgress }
            state.stop = waiting.overtaken(by: order)
            return .accepted(TaskTransition(state: state, action: "stop.escalated"))
        }
        if order.mode == .graceful {
            // What could not be done once the repair has succeeded is refused now.
            try requireReachable(order.drainTo, state.record, appliedPosition: order.appliedPosition)
        }
        var stop = makeStop(order, for: state.record, resolved: resolved, nowMs: nowMs)
        stop.blocker = "waiting for the repair of the task to end"
        stop.enter(.waiting, nowMs: nowMs)
        state.record.stopId = stop.id
        state.stop = stop
        return .accepted(TaskTransition(state: state, action: "stop.waiting"))
    }

    /// An order that is legal now finds a stop that waits. Only FORCED takes it up; any other is told of it.
    static func overtake(
        _ waiting: Stop, with order: StopOrder, _ state: TaskState, nowMs: Int64
    ) -> StopDecision {
        guard order.mode == .forced else { return .inProgress }
        return .accepted(accept(waiting.overtaken(by: order), state, nowMs: nowMs))
    }

    /// Takes a waiting stop up as soon as the task may be stopped; gives it up when the task cannot be any more as was asked.
    static func settleWaiting(_ transition: TaskTransition, nowMs: Int64) -> TaskTransition {
        guard var stop = transition.state.stop, stop.phase == .waiting else { return transition }
        let state = transition.state
        let (mode, why) =
            stop.escalated
            ? (.forced, stop.modeReason) : resolveMode(asked: stop.modeAsked, for: state.record, abnormality: nil)
        do throws(Refusal) {
            if let refusal = Legality.refusal(of: mode == .forced ? .stopForced : .stopGraceful, for: state) {
                throw refusal
            }
            if mode == .graceful { try requireReachable(stop.drainTo, state.record, appliedPosition: nil) }
        } catch {
            if state.record.status == .faultRectification { return transition }
            let failure = TaskFailure(code: error.reason.rawValue, message: error.explanation, atMs: nowMs)
            return withdraw(
                stop, state, by: "cutover", reason: "the repair has ended, and the task cannot be stopped as was asked",
                failure: failure, nowMs: nowMs)
        }
        stop.modeTaken = mode
        stop.modeReason = why
        return accept(stop, state, nowMs: nowMs)
    }
}

extension Stop {
    /// Will be carried out as a forced stop whatever becomes of the task.
    var isForced: Bool { escalated || modeAsked == .forced }

    /// A waiting stop that a forced order takes over; it stays the one that its first request asked for.
    fileprivate func overtaken(by order: StopOrder) -> Stop {
        var stop = self
        stop.modeTaken = .forced
        stop.modeReason = StopMachine.overtaken
        stop.escalated = true
        stop.actor = order.actor
        stop.reason = order.reason
        return stop
    }
}
