public import CutoverModel

/// What is the matter with a task: a function of what one look sees and of what was remembered. Pure.
///
/// The maintenance window: from the acceptance of a stop on, everything but STOP_STUCK is absent. A stop that waits for the end of
/// a repair has not been accepted, and its task may run on for long, so its alarms stay. A stop that is withdrawn ends the
/// window.
///
/// A task that was never started, or is held by an operator, has no alarms: somebody is at work on it.
public enum AlarmRules {
    /// Every kind that this version knows, in the order of the definition.
    public static let kinds = AlarmKind.allKnown.filter { $0 != .unspecified }

    /// The longest text of a message, in characters.
    static let maxMessageLength = 1_000

    /// Statuses in which every task must be looked at; in others only those with an active alarm or a worker that is in
    /// trouble.
    public static let watchedStatuses: Set<TaskStatus> = [
        .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .faultRectification, .stopping, .stopFailed,
    ]

    /// Whether a running task's progress alone is a reason to look at it.
    public static func isSuspect(_ progress: MigrationProgress, thresholds: AlarmThresholds) -> Bool {
        progress.sourceUnreachableSinceMs != 0 || progress.destinationUnreachableSinceMs != 0
            || progress.lagMs > UInt64(clamping: thresholds.lagMs)
    }

    /// One finding for each kind.
    /// - Parameter memory: which has observed this situation already.
    public static func findings(
        for situation: AlarmSituation, memory: AlarmMemory, thresholds: AlarmThresholds, nowMs: Int64
    ) -> [AlarmKind: AlarmFinding] {
        let look = Look(situation: situation, memory: memory, thresholds: thresholds, nowMs: nowMs)
        var findings: [AlarmKind: AlarmFinding] = [:]
        for kind in kinds { findings[kind] = look.finding(kind) }
        return findings
    }

    /// The kind that a failure of this code is.
    static func kind(ofCode code: String) -> AlarmKind {
        switch ReplicationError.Code(rawValue: code) {
        case .sourceUnreachable: .sourceUnreachable
        case .destinationUnreachable: .destinationUnreachable
        case .positionLost: .positionLost
        default: .workerLost
        }
    }
}

/// One look at one task.
private struct Look {
    var situation: AlarmSituation
    var memory: AlarmMemory
    var thresholds: AlarmThresholds
    var nowMs: Int64

    private var record: TaskRecord { situation.record }

    func finding(_ kind: AlarmKind) -> AlarmFinding {
        if kind == .stopStuck { return stopStuck() }
        switch record.status {
        case .stopping, .stopFailed, .stopped, .completed:
            return .absent(situation.stop?.completes == true ? "the task is complete" : "a stop was accepted")
        case .paused: return .absent("the task was paused")
        case .starting, .fullMigration, .incrementalMigration: return replicating(kind)
        case .faultRectification: return repairing(kind)
        case .startFailed, .fullMigrationFailed, .incrementalMigrationFailed: return failed(kind)
        default: return .absent("the task is in \(record.status.name)")
        }
    }

    // MARK: - A worker is at work

    private func replicating(_ kind: AlarmKind) -> AlarmFinding {
        guard let progress = situation.progress else { return .unchanged }
        switch kind {
        case .sourceUnreachable:
            return end(
                "source", since: progress.sourceUnreachableSinceMs, connectedSince: memory.sourceConnectedSinceMs)
        case .destinationUnreachable:
            return end(
                "destination", since: progress.destinationUnreachableSinceMs,
                connectedSince: memory.destinationConnectedSinceMs)
        case .lagHigh: return lag(progress)
        default:
            let isRepaired = hasLasted(memory.sourceConnectedSinceMs) && hasLasted(memory.destinationConnectedSinceMs)
            return isRepaired ? .absent("a worker is at work again") : .unchanged
        }
    }

    private func end(_ name: String, since: Int64, connectedSince: Int64) -> AlarmFinding {
        if since != 0 {
            guard nowMs - since >= thresholds.unreachableMs else { return .unchanged }
            return .present(
                "The \(name) has been out of reach for \(DurationText.text(ms: nowMs - since)). The worker tries again by "
                    + "itself: see that the \(name) runs and can be reached from this server.")
        }
        return hasLasted(connectedSince) ? .absent("the \(name) can be reached again") : .unchanged
    }

    private func lag(_ progress: MigrationProgress) -> AlarmFinding {
        guard record.status == .incrementalMigration else { return .absent("the task is in \(record.status.name)") }
        let since = memory.lagHighSinceMs
        if since != 0, nowMs - since >= thresholds.lagMs {
            var message =
                "The destination is \(DurationText.text(ms: Int64(clamping: progress.lagMs))) behind the source"
            if progress.etaMs > 0 {
                message += " and catches up in about \(DurationText.text(ms: Int64(clamping: progress.etaMs)))"
            }
            message += progress.blocker.isEmpty ? "." : ": \(sentence(progress.blocker))"
            return .present(cut(message))
        }
        // A worker that has just begun does not know yet how far behind it is.
        guard progress.lagMs <= UInt64(clamping: thresholds.lagMs / 2), hasLasted(memory.sourceConnectedSinceMs) else {
            return .unchanged
        }
        return .absent("the lag is back to \(DurationText.text(ms: Int64(clamping: progress.lagMs)))")
    }

    private func hasLasted(_ sinceMs: Int64) -> Bool { sinceMs != 0 && nowMs - sinceMs >= thresholds.repairedMs }

    // MARK: - No worker is at work

    private func repairing(_ kind: AlarmKind) -> AlarmFinding {
        let code = record.failure?.code ?? ""
        if kind == .lagHigh { return .unchanged }
        guard kind == AlarmRules.kind(ofCode: code) else { return .absent(otherReason(code)) }
        guard nowMs - record.abnormalSinceMs >= thresholds.unreachableMs else { return .unchanged }
        return .present(
            cut(
                "\(what(kind, code)) \(record.failure?.message ?? "") The server repairs it by itself, attempt "
                    + "\(record.repairAttempts) so far."))
    }

    private func failed(_ kind: AlarmKind) -> AlarmFinding {
        let code = record.failure?.code ?? ""
        if kind == .lagHigh { return .absent("the task is in \(record.status.name)") }
        guard kind == AlarmRules.kind(ofCode: code) else { return .absent(otherReason(code)) }
        return .present(
            cut(
                "\(what(kind, code)) \(record.failure?.message ?? "") The task is in \(record.status.name): nothing is done "
                    + "until it is resumed or stopped."))
    }

    private func what(_ kind: AlarmKind, _ code: String) -> String {
        switch kind {
        case .sourceUnreachable: "The source cannot be reached."
        case .destinationUnreachable: "The destination cannot be reached."
        case .positionLost: "The source no longer has the binlogs that are needed."
        default: "The worker was lost\(code.isEmpty ? "" : " (\(code))")."
        }
    }

    private func otherReason(_ code: String) -> String {
        code.isEmpty ? "the task fails for another reason now" : "the task fails for another reason now: \(code)"
    }

    // MARK: - Stopping

    private func stopStuck() -> AlarmFinding {
        guard let stop = situation.stop else { return .absent("no stop is in progress") }
        switch record.status {
        case .stopFailed:
            return .present(cut("The stop failed. \(stop.failure?.message ?? stop.blocker) Retry it, or force it."))
        case .stopping: return stopping(stop)
        case .stopped, .completed: return .absent("the stop has ended")
        default:
            return .absent(stop.phase == .withdrawn ? "the stop was withdrawn" : "no stop is in progress")
        }
    }

    private func stopping(_ stop: Stop) -> AlarmFinding {
        let beganMs = stop.phases.last?.startedAtMs ?? stop.acceptedAtMs
        let retriedMs = memory.retriedSinceMs == 0 ? 0 : nowMs - memory.retriedSinceMs
        // A drain may take long and be well: what counts is since when it has applied nothing.
        let stillMs = nowMs - (stop.phase == .draining ? max(beganMs, memory.drainStillSinceMs) : beganMs)
        guard
            retriedMs >= min(thresholds.unreachableMs, thresholds.stopStuckMs) && memory.retriedSinceMs != 0
                || stillMs >= thresholds.stopStuckMs
        else { return .absent("the stop goes on") }
        var message = "The stop has been in \(stop.phase.name) for \(DurationText.text(ms: nowMs - beganMs))"
        if stop.attempts > 0 { message += ", \(stop.attempts) attempts failed" }
        let blocker = [stop.blocker, situation.progress?.blocker ?? ""].first { !$0.isEmpty }
        message += blocker.map { ": \(sentence($0)) " } ?? ". "
        return .present(cut(message + "Remove what holds it up, or overtake it with a forced stop."))
    }

    /// What others say, with a full stop at its end.
    private func sentence(_ text: String) -> String { text.hasSuffix(".") ? text : text + "." }

    private func cut(_ text: String) -> String { String(text.prefix(AlarmRules.maxMessageLength)) }
}
