/// Why the core does not do what was asked. Becomes FAILED_PRECONDITION or INVALID_ARGUMENT on the wire.
public struct Refusal: Error, Sendable, Hashable {
    /// Stable reasons; the text is what clients see as `reason`.
    public enum Reason: String, Sendable, CaseIterable {
        case taskStopped = "TASK_STOPPED"
        case taskCompleted = "TASK_COMPLETED"
        case taskAbnormal = "TASK_ABNORMAL"
        case taskStopping = "TASK_STOPPING"
        case createFailed = "CREATE_FAILED"
        case configurationFailed = "CONFIGURATION_FAILED"
        case configurationRunning = "CONFIGURATION_RUNNING"
        case repairUnderWay = "REPAIR_UNDER_WAY"
        case notConfigured = "NOT_CONFIGURED"
        case alreadyStarted = "ALREADY_STARTED"
        case notStarted = "NOT_STARTED"
        case notPaused = "NOT_PAUSED"
        case alreadyPaused = "ALREADY_PAUSED"
        case stopFirst = "STOP_FIRST"
        case reasonRequired = "REASON_REQUIRED"
        case notFollowing = "NOT_FOLLOWING"
        case drainTargetPassed = "DRAIN_TARGET_PASSED"
        case notStopping = "NOT_STOPPING"
        case pastNoReturn = "PAST_NO_RETURN"
        case noResidue = "NO_RESIDUE"
        case notStopped = "NOT_STOPPED"
        case unknownStatus = "UNKNOWN_STATUS"
        /// Becomes PERMISSION_DENIED.
        case roleMissing = "ROLE_MISSING"
    }

    public var reason: Reason
    /// What to do instead, for people.
    public var explanation: String

    public init(_ reason: Reason, _ explanation: String) {
        self.reason = reason
        self.explanation = explanation
    }
}
