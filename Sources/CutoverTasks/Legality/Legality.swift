public import CutoverModel

/// The one table of what may be done to a task in which status.
///
/// `ListActions` serves it; the machine obeys it; nobody repeats it.
public enum Legality {
    /// Actions in the order in which they are listed.
    public static let actions: [TaskAction] = [
        .configure, .start, .pause, .resume, .stopGraceful, .stopForced, .cancelStop, .finishResidue, .delete,
    ]

    /// Nil when the action is legal now, else why not.
    public static func refusal(of action: TaskAction, for state: TaskState) -> Refusal? {
        let record = state.record
        switch record.status {
        case .unspecified, .unrecognized:
            return Refusal(.unknownStatus, "A newer server wrote this task's status. Use that version.")
        default: break
        }
        return switch action {
        case .configure: configure(record)
        case .start: start(record)
        case .pause: pause(record)
        case .resume: resume(record)
        case .stopGraceful: stop(record, forced: false)
        case .stopForced: stop(record, forced: true)
        case .cancelStop: cancelStop(state)
        case .finishResidue: finishResidue(state)
        case .delete: delete(record)
        case .unspecified, .unrecognized: Refusal(.unknownStatus, "This action is not known to the server.")
        }
    }

    /// Every action with its legality.
    public static func availability(for state: TaskState) -> [ActionAvailability] {
        actions.map { action in
            let refusal = refusal(of: action, for: state)
            return ActionAvailability(
                action: action, available: refusal == nil, reason: refusal?.reason.rawValue ?? "",
                explanation: refusal?.explanation ?? "")
        }
    }

    private static func ended(_ record: TaskRecord) -> Refusal? {
        switch record.status {
        case .stopped:
            Refusal(.taskStopped, "The task was stopped for good and cannot be revived. Create a new task.")
        case .completed:
            Refusal(.taskCompleted, "The task has completed. Create a new task to migrate again.")
        case .createFailed:
            Refusal(.createFailed, "The task could not be created. Delete it and create a new one.")
        case .stopping:
            Refusal(.taskStopping, "The task is being stopped.")
        case .stopFailed:
            Refusal(.taskStopping, "A stop of the task did not finish. Stop it again, or force the stop.")
        default: nil
        }
    }

    private static func configure(_ record: TaskRecord) -> Refusal? {
        if let ended = ended(record) { return ended }
        switch record.status {
        case .configuration:
            return record.configurationRunning
                ? Refusal(.configurationRunning, "The pre-check is running. Wait for it to end.") : nil
        case .pendingStart: return nil
        case .creating:
            return Refusal(.notConfigured, "The task is still being created. Try again in a moment.")
        case .startFailed:
            return record.destinationTouched
                ? Refusal(.alreadyStarted, "The task has written to its destination. Start it again, or stop it.")
                : nil
        default:
            return Refusal(
                .alreadyStarted, "A task that was started keeps its configuration. Stop it and create a new one.")
        }
    }

    private static func start(_ record: TaskRecord) -> Refusal? {
        if let ended = ended(record) { return ended }
        switch record.status {
        case .pendingStart, .startFailed: return nil
        case .creating, .configuration:
            return Refusal(
                .notConfigured, "The task has no configuration that passed its pre-check. Configure it first.")
        case .paused: return Refusal(.alreadyStarted, "The task is paused. Resume it.")
        case .fullMigrationFailed, .incrementalMigrationFailed:
            return Refusal(.alreadyStarted, "The task has failed. Resume it to try again, or stop it.")
        default: return Refusal(.alreadyStarted, "The task has been started already.")
        }
    }

    private static func pause(_ record: TaskRecord) -> Refusal? {
        if let ended = ended(record) { return ended }
        switch record.status {
        case .starting, .fullMigration, .incrementalMigration: return nil
        case .faultRectification:
            return record.repairRunning
                ? Refusal(.repairUnderWay, "A repair attempt is under way. Try again when it has ended.") : nil
        case .paused: return Refusal(.alreadyPaused, "The task is paused already.")
        case .startFailed, .fullMigrationFailed, .incrementalMigrationFailed:
            return Refusal(.taskAbnormal, "The task has failed and is not running. Resume or stop it.")
        default: return Refusal(.notStarted, "The task is not running.")
        }
    }

    private static func resume(_ record: TaskRecord) -> Refusal? {
        if let ended = ended(record) { return ended }
        switch record.status {
        case .paused, .fullMigrationFailed, .incrementalMigrationFailed: return nil
        case .faultRectification:
            return record.repairRunning
                ? Refusal(.repairUnderWay, "A repair attempt is under way. Try again when it has ended.") : nil
        case .startFailed: return Refusal(.notStarted, "The task could not be started. Start it again.")
        default: return Refusal(.notPaused, "Only a paused or failed task can be resumed.")
        }
    }

    private static func stop(_ record: TaskRecord, forced: Bool) -> Refusal? {
        switch record.status {
        case .stopping: return nil  // the same stop's state, or its escalation
        case .stopFailed: return nil
        case .configuration where record.configurationFailed:
            return Refusal(.configurationFailed, "The configuration failed. Correct it, or delete the task.")
        case .faultRectification where record.repairRunning:
            return Refusal(.repairUnderWay, "A repair attempt is under way. Stop the task when the attempt has ended.")
        default: break
        }
        if let ended = ended(record) { return ended }
        if !forced, record.status.isAbnormal {
            return Refusal(
                .taskAbnormal,
                "The task is abnormal, so it cannot drain. Restore it first, or stop it with mode AUTO or FORCED.")
        }
        return nil
    }

    private static func cancelStop(_ state: TaskState) -> Refusal? {
        guard let stop = state.stop else { return Refusal(.notStopping, "The task is not being stopped.") }
        if stop.phase == .waiting { return nil }
        switch state.record.status {
        case .stopped, .completed:
            return Refusal(.pastNoReturn, "The stop has ended; the task cannot be revived. Create a new task.")
        case .stopping, .stopFailed: break
        default: return Refusal(.notStopping, "The task is not being stopped.")
        }
        if stop.completes {
            return Refusal(.pastNoReturn, "The task is completing by itself; there is nothing to go back to.")
        }
        if stop.modeTaken == .forced {
            return Refusal(.pastNoReturn, "A forced stop cannot be withdrawn: its resources are being released.")
        }
        guard stop.isBeforeNoReturn else {
            return Refusal(
                .pastNoReturn,
                "The stop is past its point of no return (\(stop.phaseToRetry.name)). Let it finish, or create a new task."
            )
        }
        return nil
    }

    private static func finishResidue(_ state: TaskState) -> Refusal? {
        guard state.record.status == .stopped else {
            return Refusal(.notStopped, "Only a task that was stopped can leave triggers and events behind.")
        }
        return state.stop?.openResidue.isEmpty ?? true
            ? Refusal(.noResidue, "The stop left nothing behind that could be moved.") : nil
    }

    private static func delete(_ record: TaskRecord) -> Refusal? {
        switch record.status {
        case .createFailed, .pendingStart, .stopped, .completed: return nil
        case .configuration:
            return record.configurationRunning
                ? Refusal(.configurationRunning, "The pre-check is running. Wait for it to end.") : nil
        default: return Refusal(.stopFirst, "Stop the task before you delete it.")
        }
    }
}
