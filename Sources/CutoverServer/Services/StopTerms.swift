import CutoverModel
internal import CutoverRPC
internal import CutoverTasks

/// How a stop is to be carried out, as callers say it: of one task, of a plan, or of a batch with what it overrides.
///
/// The one place where these fields are checked, so that a plan, a stop and a batch refuse the same things in the same words.
struct StopTerms: Sendable, Hashable {
    /// The longest GTID position taken, in bytes: the most domains that one may name, each at its longest.
    static let maxGTIDBytes = 65_536

    var mode = StopMode.unspecified
    var reason = ""
    var requireAllObjects = false
    /// 0 takes the server's default.
    var drainDeadlineMs: UInt32 = 0
    var drainTo: DrainTarget?
    var onDeadline = OnDeadline.unspecified
    var whenIllegal = WhenIllegal.unspecified

    init() {}

    init(_ request: StopTaskRequest) {
        mode = request.mode
        reason = request.reason
        requireAllObjects = request.requireAllObjects
        drainDeadlineMs = request.drainDeadlineMs
        drainTo = request.drainTo
        onDeadline = request.onDeadline
        whenIllegal = request.whenIllegal
    }

    /// A plan is asked for before the reason is known.
    init(_ request: PlanStopRequest) {
        mode = request.mode
        requireAllObjects = request.requireAllObjects
        drainDeadlineMs = request.drainDeadlineMs
        drainTo = request.drainTo
        onDeadline = request.onDeadline
        whenIllegal = request.whenIllegal
    }

    init(_ request: BatchStopRequest) {
        mode = request.mode
        reason = request.reason
        requireAllObjects = request.requireAllObjects
        drainDeadlineMs = request.drainDeadlineMs
        drainTo = request.drainTo
        onDeadline = request.onDeadline
        whenIllegal = request.whenIllegal
    }

    /// These terms for one task of a batch: what the override leaves unset is the batch's.
    ///
    /// A point to drain to that the batch named falls away where an override forces the stop: nothing is drained then.
    func overridden(by other: StopOverride) -> StopTerms {
        var terms = self
        if other.mode != .unspecified { terms.mode = other.mode }
        if !other.reason.isEmpty { terms.reason = other.reason }
        if terms.mode == .forced { terms.drainTo = nil }
        if let target = other.drainTo, target.point != .unspecified { terms.drainTo = target }
        if other.drainDeadlineMs > 0 { terms.drainDeadlineMs = other.drainDeadlineMs }
        if other.onDeadline != .unspecified { terms.onDeadline = other.onDeadline }
        terms.requireAllObjects = requireAllObjects || other.requireAllObjects
        return terms
    }

    /// Checks every field, and that they go together.
    /// - Parameter needsReason: false for a plan.
    /// - Throws: INVALID_ARGUMENT naming the field; REASON_REQUIRED for a stop that may be forced without a reason.
    func validate(needsReason: Bool = true) throws {
        if case .unrecognized(let number) = mode { throw Self.unknown("mode", number) }
        if case .unrecognized(let number) = onDeadline { throw Self.unknown("on_deadline", number) }
        if case .unrecognized(let number) = whenIllegal { throw Self.unknown("when_illegal", number) }
        try RequestValidation.text(
            reason, field: "reason", maxBytes: RequestValidation.maxReasonBytes, isRequired: false)
        if let drainTo { try validate(drainTo) }
        if needsReason, mode == .forced || onDeadline == .force, reason.allSatisfy(\.isWhitespace) {
            throw ServiceErrors.rpcError(
                Refusal(
                    .reasonRequired,
                    "A forced stop leaves triggers and events behind. Give a reason for the audit log."))
        }
    }

    /// Refuses terms by which a stop is forced, or may become so, to a caller who may not force. What AUTO comes to is known
    /// only when it is decided, by the task's status: the core refuses it there.
    func requirePermission(_ context: CallContext) throws {
        guard mode == .forced || onDeadline == .force else { return }
        try context.require(.force, because: "a stop that is forced, or may become so, leaves objects behind")
    }

    private func validate(_ target: DrainTarget) throws {
        if case .unrecognized(let number) = target.point { throw Self.unknown("drain_to.point", number) }
        guard target.gtid.isEmpty || target.point == .gtid else {
            throw ServiceErrors.invalid("drain_to.gtid goes with the point GTID only.")
        }
        guard target.timeMs == 0 || target.point == .time else {
            throw ServiceErrors.invalid("drain_to.time_ms goes with the point TIME only.")
        }
        switch target.point {
        case .gtid:
            guard !target.gtid.isEmpty else { throw ServiceErrors.invalid("drain_to.gtid is missing.") }
            guard target.gtid.utf8.count <= Self.maxGTIDBytes, let position = GTIDPosition(target.gtid),
                !position.isEmpty
            else {
                throw ServiceErrors.invalid(
                    "drain_to.gtid must be a GTID position as MariaDB writes it, such as 0-1-4711 or 0-1-4711,1-2-17.")
            }
        case .time:
            guard target.timeMs > 0 else {
                throw ServiceErrors.invalid("drain_to.time_ms must be a time after 1970, in milliseconds.")
            }
        default: return
        }
        guard mode != .forced else {
            throw ServiceErrors.invalid(
                "drain_to: a forced stop drains nothing. Leave the GTID or time out, or stop with mode GRACEFUL.")
        }
    }

    private static func unknown(_ field: String, _ number: Int32) -> RPCError {
        ServiceErrors.invalid("\(field): \(number) is not known to this server.")
    }

    /// Up to where to drain, a GTID position in MariaDB's own spelling.
    var target: DrainTarget? {
        guard var target = drainTo, target.point == .gtid, let position = GTIDPosition(target.gtid) else {
            return drainTo
        }
        target.gtid = position.description
        return target
    }

    /// The order that the core decides about. Terms must have been validated.
    /// - Parameters:
    ///   - defaultDeadlineMs: the server's drain deadline, which the stop then shows as its own.
    ///   - hints: what is known of the task right now beyond its record.
    ///   - mayForce: whether the caller has the role force.
    func order(
        stopID: String, batchID: String = "", requestID: String = "", actor: String, defaultDeadlineMs: Int64,
        hints: StopHints = StopHints(), mayForce: Bool = true
    ) -> StopOrder {
        StopOrder(
            stopID: stopID, batchID: batchID, requestID: requestID, actor: actor, reason: reason, mode: mode,
            requireAllObjects: requireAllObjects,
            drainDeadlineMs: drainDeadlineMs == 0 ? UInt32(clamping: defaultDeadlineMs) : drainDeadlineMs,
            drainTo: target, onDeadline: onDeadline, whenIllegal: whenIllegal, abnormality: hints.abnormality,
            appliedPosition: hints.appliedPosition, mayForce: mayForce)
    }

    /// An order of these terms as it holds for a task as it stands: a failed stop that is retried keeps the deadline that was agreed,
    /// unless these terms name another. The server's default is for new stops alone.
    func settled(_ order: StopOrder, for state: TaskState?) -> StopOrder {
        guard state?.record.status == .stopFailed else { return order }
        var order = order
        order.drainDeadlineMs = drainDeadlineMs
        return order
    }
}
