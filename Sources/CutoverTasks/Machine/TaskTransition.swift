public import CutoverModel

/// What a task becomes, and what the log says about it.
public struct TaskTransition: Sendable, Hashable {
    public var state: TaskState
    /// What was done, such as "start" or "stop.accepted".
    public var action: String
    /// The record of the audit log that the stop becomes with this transition.
    public var seals: ReceiptKind?

    public init(state: TaskState, action: String, seals: ReceiptKind? = nil) {
        self.state = state
        self.action = action
        self.seals = seals
    }
}

/// What an operator orders; a stop is a ``StopOrder``.
public enum TaskOrder: Sendable, Hashable {
    /// A new configuration of this kind, to be pre-checked; `startAtMs` 0 waits for Start.
    case configure(kind: MigrationKind, startAtMs: Int64)
    case start
    case pause
    case resume
    case delete
}

/// What the worker of a task reports.
public enum WorkerReport: Sendable, Hashable {
    /// A place for the task was reserved.
    case created
    case createFailed(TaskFailure)
    case preCheckEnded(failed: Bool)
    /// A worker is about to claim the destination; raises the epoch.
    case workerStarting
    /// The same after a worker of an earlier process, whose end nobody saw: it may write until this one, or a later one, owns the
    /// destination.
    case workerTakingOver
    case claimed(ReplicationCheckpoint)
    case copyEnded
    /// The worker has worked for a while without a fault: its attempts start from none again.
    case healthy
    case workerFailed(TaskFailure)
}

/// How often and how fast lost work is taken up again by itself.
public struct RepairPolicy: Sendable, Hashable {
    /// Attempts before the task is failed, 0 to 1000.
    public var maxAttempts: UInt32
    /// Wait before the first attempt; doubles with each.
    public var firstDelayMs: Int64
    public var maxDelayMs: Int64

    public init(maxAttempts: UInt32 = 10, firstDelayMs: Int64 = 1_000, maxDelayMs: Int64 = 60_000) {
        self.maxAttempts = maxAttempts
        self.firstDelayMs = firstDelayMs
        self.maxDelayMs = maxDelayMs
    }

    /// The wait before the attempt after this many.
    public func delayMs(afterAttempts attempts: UInt32) -> Int64 {
        let doublings = min(attempts, 20)
        let (delay, overflow) = firstDelayMs.multipliedReportingOverflow(by: 1 << doublings)
        return overflow ? maxDelayMs : min(maxDelayMs, delay)
    }
}
