public import CutoverModel

/// How stops end: withdrawn, completed, finished; and what is attested about them later.
extension StopMachine {
    /// What is withdrawn, and by whom.
    ///
    /// A stop that failed before its point of no return is withdrawn like one that is being carried out: the task runs on.
    /// - Parameters:
    ///   - stopID: the stop that is meant; empty for whichever the task has now.
    ///   - counters: how far its drain has come, for the receipt; nil where nobody knows.
    public static func cancel(
        _ state: TaskState, stopID: String = "", actor: String, reason: String, counters: StopCounters? = nil,
        nowMs: Int64
    ) throws(Refusal) -> CancelDecision {
        if let stop = state.stop, !stopID.isEmpty, stop.id != stopID {
            throw Refusal(.notStopping, "This stop has ended; the task has another one now.")
        }
        if let stop = state.stop, stop.phase == .withdrawn { return .alreadyWithdrawn }
        if let refusal = Legality.refusal(of: .cancelStop, for: state) { throw refusal }
        guard var stop = state.stop else { throw Refusal(.notStopping, "The task is not being stopped.") }
        if let counters, stop.phase != .waiting { stop.note(counters) }
        return .withdrawn(withdraw(stop, state, by: actor, reason: reason, failure: nil, nowMs: nowMs))
    }

    /// Calls a stop off: the task goes on from where it was.
    ///
    /// Only a drain can be called off, so that the task was following or held. One that waited had not touched the task: its
    /// repair goes on.
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
        stop.failure = failure ?? stop.failure
        stop.withdrawnBy = actor
        stop.withdrawnReason = reason
        state.stop = stop
        return TaskTransition(state: state, action: "stop.withdrawn", seals: .withdrawn)
    }

    /// A full-copy-only task ends by itself, with the same phases and the same receipt.
    ///
    /// A stop that waited becomes the completion, so that whoever asked for it learns how the task ended; a forced one is carried
    /// out as a stop.
    static func complete(_ state: inout TaskState, nowMs: Int64) -> TaskTransition {
        let record = state.record
        let complete = "the full migration is complete"
        state.record.repairRunning = false
        state.record.repairDueAtMs = 0
        let waiting = state.stop.flatMap { $0.phase == .waiting ? $0 : nil }
        if var waiting, waiting.isForced {
            waiting.modeTaken = .forced
            return accept(waiting, state, nowMs: nowMs)
        }
        var stop =
            waiting
            ?? Stop(
                id: record.id, taskId: record.id, taskName: record.name, actor: "cutover", reason: complete,
                modeAsked: .graceful)
        stop.modeTaken = .graceful
        stop.modeReason = complete
        stop.acceptedAtMs = nowMs
        stop.statusBefore = .fullMigration
        stop.copyComplete = true
        stop.completes = true
        stop.drainTo = DrainTarget(point: .applied)
        stop.onDeadline = .keepRunning
        stop.blocker = ""
        stop.enter(.accepted, nowMs: nowMs)
        if waiting != nil { stop.owesDrain(nowMs: nowMs) }
        state.record.status = .stopping
        state.record.previousStatus = .fullMigration
        state.record.stopId = stop.id
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
    ///
    /// What could not be made stays open, and may be tried again; each time is attested by a record of its own.
    /// - Parameter outcomes: of objects that the stop left behind; others are not taken in.
    public static func finishResidue(
        _ outcomes: [ObjectOutcome], of state: TaskState, actor: String, reason: String, nowMs: Int64
    ) throws(Refusal) -> TaskTransition {
        if let refusal = Legality.refusal(of: .finishResidue, for: state) { throw refusal }
        var state = state
        state.stop?.takeResidue(outcomes)
        state.stop?.residueFinishedAtMs = nowMs
        state.stop?.residueActor = actor
        state.stop?.residueReason = reason
        state.record.updatedAtMs = nowMs
        return TaskTransition(state: state, action: "residue.finished", seals: .residueFinished)
    }
}
