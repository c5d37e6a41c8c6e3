public import CutoverModel
import CutoverServices

extension CutoverClient {
    /// Stops many tasks, named or selected: first the batch, then each task's result as it is known, last the summary.
    ///
    /// The batch is durable once its first message has come; its id is the request id. A lost connection is made anew with
    /// the same request id: results told before are not told again. An unknown or rejected task is a result, not an error
    /// of the batch.
    ///
    /// With `wait` the stream stays open until each accepted stop has ended; a task that was told as accepted is then told
    /// a second time, `final`. With `dryRun` nothing is changed and nothing kept: the items say what would be done.
    public func batchStop(_ request: BatchStopRequest) -> BatchStopResults {
        var request = request
        request.requestId = RequestID.orNew(request.requestId)
        return BatchStopResults(client: self, call: .stop(request))
    }

    /// Follows a batch: every item as it stands, then as it changes, last the summary when each stop has ended.
    ///
    /// - Parameter onlyChanges: Items that are final already are not sent again.
    public func watchBatchStop(_ batchID: String, onlyChanges: Bool = false) -> BatchStopResults {
        BatchStopResults(
            client: self, call: .watch(WatchBatchStopRequest(batchId: batchID, onlyChanges: onlyChanges)))
    }

    /// A batch as it stands, and one page of its items. Ask for the next with the page token of the reply, until that is
    /// empty, or use ``batchItems(_:results:)``.
    ///
    /// - Throws: `notFound`.
    public func getBatchStop(
        _ request: GetBatchStopRequest, timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> GetBatchStopResponse {
        try await call(timeoutMs) { options in try await self.batches.getBatchStop(request, options: options) }
    }

    /// A batch as it stands: its terms, its state and its counts.
    ///
    /// - Throws: `notFound`.
    public func getBatchStop(_ batchID: String, timeoutMs: UInt32? = nil) async throws(CutoverError) -> StopBatch {
        let response = try await getBatchStop(
            GetBatchStopRequest(batchId: batchID, pageSize: 1), timeoutMs: timeoutMs)
        guard let batch = response.batch else {
            throw CutoverError(.serverError, "the server answered without the batch")
        }
        return batch
    }

    /// The items of a batch as they stand.
    ///
    /// - Parameter results: Only items with one of these results; none means all.
    public func batchItems(_ batchID: String, results: [StopItemResult] = []) -> BatchItems {
        BatchItems(client: self, request: GetBatchStopRequest(batchId: batchID, results: results))
    }

    /// One page of the batches, the latest first. Ask for the next with the page token of the reply, until that is empty.
    public func listBatchStops(
        _ request: ListBatchStopsRequest = .init(), timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> ListBatchStopsResponse {
        try await call(timeoutMs) { options in try await self.batches.listBatchStops(request, options: options) }
    }

    /// Keeps a batch from accepting more stops. What it has not decided yet is not attempted.
    ///
    /// - Parameters:
    ///   - withdraw: Also withdraw stops of this batch that have not passed the point of no return.
    ///   - reason: Why, for the batch's record.
    /// - Throws: `notFound`.
    public func cancelBatchStop(
        _ batchID: String, withdraw: Bool = false, reason: String = "", timeoutMs: UInt32? = nil
    ) async throws(CutoverError) -> StopBatch {
        let request = CancelBatchStopRequest(batchId: batchID, reason: reason, withdraw: withdraw)
        return try await call(timeoutMs) { options in
            try await self.batches.cancelBatchStop(request, options: options)
        }
    }
}
