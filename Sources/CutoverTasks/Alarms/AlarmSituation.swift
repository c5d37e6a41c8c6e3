public import CutoverModel

/// What one look sees of a task.
public struct AlarmSituation: Sendable, Hashable {
    public var record: TaskRecord
    public var stop: Stop?
    /// Of the worker that runs now; nil when none does.
    public var progress: MigrationProgress?

    public init(record: TaskRecord, stop: Stop? = nil, progress: MigrationProgress? = nil) {
        self.record = record
        self.stop = stop
        self.progress = progress
    }
}

/// What one look says about one kind of alarm.
public enum AlarmFinding: Sendable, Hashable {
    /// Something is the matter: what, and what to do about it.
    case present(String)
    /// Too early to say: whatever was said last stays said.
    case unchanged
    /// Nothing is the matter, and why an alarm that was raised ends.
    case absent(String)
}
