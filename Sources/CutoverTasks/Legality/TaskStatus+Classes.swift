public import CutoverModel

extension TaskStatus {
    /// Nothing changes a task in this status any more, but its deletion.
    public var isFinal: Bool {
        switch self {
        case .stopped, .completed, .createFailed: true
        default: false
        }
    }

    /// The task does not do its work: a graceful stop cannot drain it.
    public var isAbnormal: Bool {
        switch self {
        case .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .faultRectification: true
        default: false
        }
    }

    /// A worker is doing the task's work.
    public var isReplicating: Bool {
        switch self {
        case .starting, .fullMigration, .incrementalMigration: true
        default: false
        }
    }
}
