import CutoverModel

/// The terms of a stop, as they were given. Asked of the server in three forms.
struct StopTerms: Sendable, Hashable {
    var mode = StopMode.auto
    var reason = ""
    var requiresAllObjects = false
    var drainTo: DrainTarget?
    /// 0 leaves it to the server.
    var drainDeadlineMs: UInt32 = 0
    var onDeadline = OnDeadline.unspecified
    var whenIllegal = WhenIllegal.unspecified
    /// Empty: the client makes one.
    var requestID = ""

    /// These terms with those of one task over them.
    func overridden(by override: StopOverride?) -> StopTerms {
        guard let override else { return self }
        var terms = self
        if override.mode != .unspecified { terms.mode = override.mode }
        if !override.reason.isEmpty { terms.reason = override.reason }
        if let target = override.drainTo { terms.drainTo = target }
        if override.drainDeadlineMs > 0 { terms.drainDeadlineMs = override.drainDeadlineMs }
        if override.onDeadline != .unspecified { terms.onDeadline = override.onDeadline }
        if override.requireAllObjects { terms.requiresAllObjects = true }
        return terms
    }

    func planRequest(_ taskID: String) -> PlanStopRequest {
        PlanStopRequest(
            taskId: taskID, mode: mode, requireAllObjects: requiresAllObjects, drainDeadlineMs: drainDeadlineMs,
            drainTo: drainTo, onDeadline: onDeadline, whenIllegal: whenIllegal)
    }

    func stopRequest(_ taskID: String, planHash: [UInt8]) -> StopTaskRequest {
        StopTaskRequest(
            taskId: taskID, mode: mode, reason: reason, requestId: requestID, requireAllObjects: requiresAllObjects,
            drainDeadlineMs: drainDeadlineMs, drainTo: drainTo, onDeadline: onDeadline, whenIllegal: whenIllegal,
            planHash: planHash)
    }

    func batchRequest(_ selection: StopSelection) -> BatchStopRequest {
        BatchStopRequest(
            taskIds: selection.ids, mode: mode, reason: reason, requestId: requestID,
            requireAllObjects: requiresAllObjects, drainDeadlineMs: drainDeadlineMs, drainTo: drainTo,
            onDeadline: onDeadline, whenIllegal: whenIllegal, selector: selection.selector,
            overrides: selection.overrides, maxParallel: selection.maxParallel,
            stopAfterFailures: selection.stopAfterFailures, atomicAccept: selection.isAtomic)
    }
}
