/// When something about a task becomes an alarm. All in milliseconds.
public struct AlarmThresholds: Sendable, Hashable {
    /// How long an end may be out of reach, a lost worker be repaired, or a phase of a stop be retried.
    public var unreachableMs: Int64
    /// How far behind the destination may be. An alarm once it has been further behind for as long as this.
    public var lagMs: Int64
    /// How long one phase of a stop may last without getting any further.
    public var stopStuckMs: Int64
    /// After how long an active alarm is said again.
    public var repeatMs: Int64

    public init(
        unreachableMs: Int64 = 15_000, lagMs: Int64 = 60_000, stopStuckMs: Int64 = 300_000, repeatMs: Int64 = 3_600_000
    ) {
        self.unreachableMs = unreachableMs
        self.lagMs = lagMs
        self.stopStuckMs = stopStuckMs
        self.repeatMs = repeatMs
    }

    /// How long a worker must have worked undisturbed before what was wrong counts as repaired: a task with a dead source
    /// looks healthy for a moment at each attempt of its repair.
    var repairedMs: Int64 { max(unreachableMs, 10_000) }
}
