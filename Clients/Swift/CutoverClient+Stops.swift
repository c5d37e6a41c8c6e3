public import CutoverModel
import CutoverServices

extension CutoverClient {
    /// Stops a task: returns once the stop is durably accepted, or with the outcome when it had ended before.
    ///
    /// From then on the server carries the stop out, whatever becomes of the client. Follow it with
    /// ``watchTasks(_:afterRevision:progressIntervalMs:)`` or ``getStop(taskID:timeoutMs:)``. A graceful stop drains to
    /// `drainTo` within `drainDeadlineMs`; `onDeadline` says what happens when that passes. By default the stop is then
    /// withdrawn and the task runs on.
    ///
    /// - Throws: `rejected` when the rules do not allow it, with advice; `aborted` when it carries a plan hash and the plan
    ///   would be another one now; `notFound`; `invalidArgument` for terms that contradict each other.
    public func stopTask(
        _ request: StopTaskRequest, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopTaskResponse {
        var request = request
        request.requestId = RequestID.orNew(request.requestId)
        let final = request
        return try await call(timeoutMs) { options in try await self.stops.stopTask(final, options: options) }
    }

    /// Stops a task in the mode that suits its state, or in the one given.
    ///
    /// - Parameters:
    ///   - reason: Why, for the audit log; a forced stop needs one.
    ///   - planHash: From ``planStop(_:mode:timeoutMs:)``: the stop is refused when the plan would be another one now.
    public func stopTask(
        _ taskID: String, mode: StopMode = .auto, reason: String = "", planHash: [UInt8] = [],
        requestID: String? = nil, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopTaskResponse {
        let request = StopTaskRequest(
            taskId: taskID, mode: mode, reason: reason, requestId: requestID ?? "", planHash: planHash)
        return try await stopTask(request, timeoutMs: timeoutMs)
    }

    /// What a stop with these terms would do now; changes nothing.
    ///
    /// Its hash, given to ``stopTask(_:timeoutMs:)`` with the same terms, holds the stop to what was shown.
    ///
    /// - Throws: `notFound`. A stop that is not legal is a plan that says so.
    public func planStop(
        _ request: PlanStopRequest, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopPlan {
        try await call(timeoutMs) { options in try await self.stops.planStop(request, options: options) }
    }

    /// What a stop would do now; changes nothing.
    ///
    /// - Throws: `notFound`. A stop that is not legal is a plan that says so.
    public func planStop(
        _ taskID: String, mode: StopMode = .auto, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopPlan {
        try await planStop(PlanStopRequest(taskId: taskID, mode: mode), timeoutMs: timeoutMs)
    }

    /// Withdraws a stop, so that the task runs on as it did before.
    ///
    /// The stop is named by its own id or by that of its task. It can be withdrawn until its point of no return, which is
    /// when triggers begin to move.
    ///
    /// - Throws: `rejected` with the reason `PAST_NO_RETURN` when it is too late, with `NOT_STOPPING` when there is nothing
    ///   to withdraw; `notFound`.
    public func cancelStop(
        _ request: CancelStopRequest, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopTaskResponse {
        var request = request
        request.requestId = RequestID.orNew(request.requestId)
        let final = request
        return try await call(timeoutMs) { options in try await self.stops.cancelStop(final, options: options) }
    }

    /// Withdraws the stop of a task, so that the task runs on as it did before.
    ///
    /// - Throws: As ``cancelStop(_:timeoutMs:)``.
    public func cancelStop(
        taskID: String, reason: String = "", requestID: String? = nil, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopTaskResponse {
        try await cancelStop(
            CancelStopRequest(taskId: taskID, reason: reason, requestId: requestID ?? ""), timeoutMs: timeoutMs)
    }

    /// Moves the triggers, events and counters that a forced stop left behind, without reviving replication.
    ///
    /// The response's addenda hold the record of it, with the outcome of each object. It may take long: the server goes on
    /// when the client's deadline passes, and the same request id asks for the outcome again.
    ///
    /// - Throws: `rejected` when nothing was left behind, or the task has not ended; `notFound`.
    public func finishResidue(
        _ request: FinishResidueRequest, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopTaskResponse {
        var request = request
        request.requestId = RequestID.orNew(request.requestId)
        let final = request
        return try await call(timeoutMs) { options in try await self.stops.finishResidue(final, options: options) }
    }

    /// The stop of a task, with its receipt when it has ended.
    ///
    /// - Throws: `notFound` when there is no such task or it has no stop.
    public func getStop(taskID: String, timeoutMs: UInt32? = nil) async throws(CutoverError) -> StopTaskResponse {
        try await call(timeoutMs) { options in
            try await self.stops.getStop(GetStopRequest(taskId: taskID), options: options)
        }
    }

    /// A stop by its own id, with its receipt when it has ended.
    ///
    /// - Throws: `notFound`.
    public func getStop(stopID: String, timeoutMs: UInt32? = nil) async throws(CutoverError) -> StopTaskResponse {
        try await call(timeoutMs) { options in
            try await self.stops.getStop(GetStopRequest(stopId: stopID), options: options)
        }
    }
}
