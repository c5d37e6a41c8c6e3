public import CutoverModel

/// What a caller orders of a stop.
public struct StopOrder: Sendable, Hashable {
    public var stopID: String
    public var batchID: String
    public var requestID: String
    public var actor: String
    public var reason: String
    /// `.unspecified` means AUTO.
    public var mode: StopMode
    public var requireAllObjects: Bool
    /// How long the drain may take, counted from acceptance or retry, in milliseconds; 0 means without limit, and for a failed stop
    /// that is retried, as was agreed before.
    public var drainDeadlineMs: UInt32
    /// Nil or `.unspecified` takes the task's default; for a failed stop that is retried, what was agreed before.
    public var drainTo: DrainTarget?
    /// `.unspecified` means KEEP_RUNNING; for a failed stop that is retried, what was agreed before.
    public var onDeadline: OnDeadline
    public var whenIllegal: WhenIllegal
    /// Why the server believes that an end is unreachable right now although the status does not say so yet; else nil.
    public var abnormality: String?
    /// What the destination is known to have, so that a GTID that it is past is refused at once; nil when not known.
    public var appliedPosition: String?
    /// Whether the caller may stop by force. Without it AUTO is refused where it would be forced.
    public var mayForce: Bool

    public init(
        stopID: String, batchID: String = "", requestID: String = "", actor: String = "", reason: String = "",
        mode: StopMode = .auto, requireAllObjects: Bool = false, drainDeadlineMs: UInt32 = 0,
        drainTo: DrainTarget? = nil, onDeadline: OnDeadline = .unspecified, whenIllegal: WhenIllegal = .refuse,
        abnormality: String? = nil, appliedPosition: String? = nil, mayForce: Bool = true
    ) {
        self.stopID = stopID
        self.batchID = batchID
        self.requestID = requestID
        self.actor = actor
        self.reason = reason
        self.mode = mode
        self.requireAllObjects = requireAllObjects
        self.drainDeadlineMs = drainDeadlineMs
        self.drainTo = drainTo
        self.onDeadline = onDeadline
        self.whenIllegal = whenIllegal
        self.abnormality = abnormality
        self.appliedPosition = appliedPosition
        self.mayForce = mayForce
    }
}

/// The answer to a stop order.
public enum StopDecision: Sendable, Hashable {
    /// To be written; from then on the server owns the stop. A task that touched nothing is stopped by this very write, and one
    /// that is being repaired, ordered with WAIT, gets a stop in phase WAITING.
    case accepted(TaskTransition)
    /// A stop waits or is being carried out already; nothing changes.
    ///
    /// A request with an id is remembered all the same, by ``StopMachine/acknowledge(_:)``: that stop may be withdrawn later, and
    /// the request sent again must not make another one then.
    case inProgress
    /// The task had ended before; its receipt answers.
    case alreadyEnded
}

/// The answer to an order to withdraw a stop.
public enum CancelDecision: Sendable, Hashable {
    /// To be written; the task runs on.
    case withdrawn(TaskTransition)
    /// It was withdrawn before; nothing changes. A request with an id is remembered all the same, by
    /// ``StopMachine/acknowledge(_:)``: sent again, it must not withdraw a later stop.
    case alreadyWithdrawn
}
