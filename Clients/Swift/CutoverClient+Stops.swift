public import CutoverModel
import CutoverServices

extension CutoverClient {
    /// Stops a task: returns once the stop is durably accepted, or with the outcome when it had ended before.
    ///
    /// From then on the server carries the stop out, whatever becomes of the client. Follow it with
    /// ``watchTasks(_:afterRevision:progressIntervalMs:)`` or ``getStop(taskID:timeoutMs:)``.
    ///
    /// - Throws: `rejected` when the rules do not allow it, with advice; `notFound`.
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
    /// - Parameter reason: Why, for the audit log; a forced stop needs one.
    public func stopTask(
        _ taskID: String, mode: StopMode = .auto, reason: String = "", requestID: String? = nil,
        timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopTaskResponse {
        let request = StopTaskRequest(taskId: taskID, mode: mode, reason: reason, requestId: requestID ?? "")
        return try await stopTask(request, timeoutMs: timeoutMs)
    }

    /// What a stop would do now; changes nothing.
    ///
    /// - Throws: `notFound`. A stop that is not legal is a plan that says so.
    public func planStop(
        _ taskID: String, mode: StopMode = .auto, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopPlan {
        try await call(timeoutMs) { options in
            try await self.stops.planStop(PlanStopRequest(taskId: taskID, mode: mode), options: options)
        }
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

    /// Stops many tasks: first the batch, then each task's result as it is known, last the summary.
    ///
    /// A lost connection is made anew with the same request id: results told before are not told again. An unknown or
    /// rejected task is a result, not an error of the batch.
    public func batchStop(_ request: BatchStopRequest) -> BatchStopResults {
        var request = request
        request.requestId = RequestID.orNew(request.requestId)
        return BatchStopResults(client: self, request: request)
    }
}
