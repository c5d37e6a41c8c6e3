public import CutoverModel

/// What a task's runner has to do now: a function of the durable state alone, so that a restarted server takes up exactly
/// what was left.
public enum TaskWork: Sendable, Hashable {
    /// Nothing until somebody orders something.
    case none
    /// Reserve a place for the task.
    case create
    /// Examine both ends.
    case preCheck
    /// Wait until this time, then start.
    case waitForStart(atMs: Int64)
    /// Own the task: claim, copy, follow, repair.
    case replicate
    /// Carry the accepted stop out.
    case stop

    public init(for record: TaskRecord) {
        switch record.status {
        case .creating: self = .create
        case .configuration: self = record.configurationRunning ? .preCheck : .none
        case .pendingStart: self = record.startAtMs > 0 ? .waitForStart(atMs: record.startAtMs) : .none
        case .starting, .fullMigration, .incrementalMigration, .faultRectification: self = .replicate
        case .stopping: self = .stop
        case .unspecified, .createFailed, .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .paused,
            .stopFailed, .stopped, .completed, .unrecognized:
            self = .none
        }
    }
}
