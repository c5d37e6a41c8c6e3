import CutoverModel
import CutoverRPC
import CutoverServices

@testable import cutover

/// Batches: an entry's refusal rejects it, its last stop is how it ends. A selector takes every entry with its statuses.
extension FakeServices: BatchStopServiceHandler {
    func batchStop(
        _ request: BatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        let selected = state.withLock { state in
            state.batchRequests.append(request)
            guard let selector = request.selector else { return [String]() }
            return state.entries.values.map(\.task)
                .filter { selector.statuses.isEmpty || selector.statuses.contains($0.status) }.map(\.id).sorted()
        }
        let accepted = BatchAccepted(
            batchId: request.dryRun ? "" : "batch-1", items: UInt32(request.taskIds.count), dryRun: request.dryRun)
        try await writer.write(BatchStopEvent(accepted: accepted))
        var tally = BatchTally()
        for id in request.taskIds + selected {
            for item in items(id, request) {
                let event = BatchStopEvent(item: item)
                _ = tally.take(event)
                try await writer.write(event)
            }
        }
        try await writer.write(BatchStopEvent(summary: tally.runningSummary))
    }

    private func items(_ id: String, _ request: BatchStopRequest) -> [BatchItem] {
        guard let entry = try? entry(id) else { return [BatchItem(taskId: id, result: .unknownTask, final: true)] }
        var item = BatchItem(
            taskId: id, status: entry.task.status, modeTaken: entry.plan.modeTaken, final: true,
            taskName: entry.task.name)
        if let refusal = entry.refusal {
            item.result = .rejected
            item.error = ErrorInfo(message: refusal.message, reason: refusal.reason)
            return [item]
        }
        item.result = .accepted
        item.stopId = entry.stops.first?.id ?? ""
        guard request.wait, !request.dryRun, let last = entry.stops.last else { return [item] }
        var ended = item
        item.final = false
        ended.result = last.phase == .failed ? .failed : last.phase == .withdrawn ? .withdrawn : .stopped
        ended.drained = last.drained
        ended.undrained = StopVerdict(last) == .undrained
        return [item, ended]
    }

    private func batch(_ id: String) throws -> StopBatch {
        guard let batch = state.withLock({ $0.batches.first { $0.id == id } }) else {
            throw RPCError(.notFound, "There is no batch with this id.", reason: "UNKNOWN_BATCH")
        }
        return batch
    }

    /// The items of a batch are the entries whose stop carries its id.
    private func items(of batch: StopBatch) -> [BatchItem] {
        let entries = state.withLock { state in
            state.entries.values.filter { $0.stops.last?.batchId == batch.id }.sorted { $0.task.id < $1.task.id }
        }
        return entries.flatMap { items($0.task.id, BatchStopRequest(wait: true)) }.filter(\.final)
    }

    /// Pages of one item each.
    func getBatchStop(_ request: GetBatchStopRequest, context: CallContext) async throws -> GetBatchStopResponse {
        let batch = try batch(request.batchId)
        let items = items(of: batch).filter { request.results.isEmpty || request.results.contains($0.result) }
        let place = Int(request.pageToken) ?? 0
        return GetBatchStopResponse(
            batch: batch, items: Array(items.dropFirst(place).prefix(1)),
            nextPageToken: place + 1 < items.count ? String(place + 1) : "")
    }

    /// Pages of one batch each.
    func listBatchStops(
        _ request: ListBatchStopsRequest, context: CallContext
    ) async throws -> ListBatchStopsResponse {
        let batches = state.withLock { $0.batches }
        let place = Int(request.pageToken) ?? 0
        return ListBatchStopsResponse(
            batches: Array(batches.dropFirst(place).prefix(1)),
            nextPageToken: place + 1 < batches.count ? String(place + 1) : "")
    }

    func watchBatchStop(
        _ request: WatchBatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        let batch = try batch(request.batchId)
        let items = items(of: batch)
        try await writer.write(
            BatchStopEvent(accepted: BatchAccepted(batchId: batch.id, items: UInt32(items.count), resumed: true)))
        if !request.onlyChanges {
            for item in items { try await writer.write(BatchStopEvent(item: item)) }
        }
        try await writer.write(BatchStopEvent(summary: batch.summary))
    }

    func cancelBatchStop(_ request: CancelBatchStopRequest, context: CallContext) async throws -> StopBatch {
        state.withLock { $0.batchCancels.append(request) }
        var batch = try batch(request.batchId)
        batch.cancelled = batch.state != .finished
        return batch
    }
}
