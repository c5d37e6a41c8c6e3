import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// A dry run: decides about each task as the batch would, writes nothing and keeps nothing.
struct BatchTrial {
    let context: BatchContext
    /// Without duplicates.
    let request: BatchStopRequest
    let call: CallContext

    func run(duplicates: Int, _ writer: ItemWriter<BatchStopEvent>) async throws {
        let nowMs = context.ledger.nowMs()
        let (record, pages) = BatchMachine.begin(
            request, id: "", actor: actor(call), mayForce: call.permissions.allow(.force), duplicates: duplicates,
            fingerprint: [], nowMs: nowMs)
        try await writer.write(
            BatchStopEvent(
                accepted: BatchAccepted(
                    items: record.batch?.named ?? 0, duplicates: UInt32(duplicates), dryRun: true)))
        guard let batch = record.batch else { return }
        var summary = BatchSummary()
        if request.atomicAccept {
            for item in try await AtomicBatch(context: context).foretell(record, pages) {
                summary.add(item)
                try await writer.write(BatchStopEvent(item: item))
            }
            return try await writer.write(BatchStopEvent(summary: summary))
        }
        for page in pages {
            let states = try await context.states(of: page.items.map(\.taskId))
            try await tell(page, states, batch, &summary, writer)
        }
        if let selector = request.selector {
            let named = Set(request.taskIds)
            var token = ""
            repeat {
                let listing = try await context.store.list(
                    selector.query(after: token, limit: BatchMachine.maxPageItems))
                let selected = listing.states.filter {
                    selector.takes($0.record, atMs: nowMs) && !named.contains($0.record.id)
                }
                let page = BatchPage(items: selected.map { BatchItem(taskId: $0.record.id) })
                let states = Dictionary(selected.map { ($0.record.id, $0) }) { first, _ in first }
                try await tell(page, states, batch, &summary, writer)
                token = listing.next ?? ""
            } while !token.isEmpty
        }
        try await writer.write(BatchStopEvent(summary: summary))
    }

    private func tell(
        _ page: BatchPage, _ states: [String: TaskState], _ batch: StopBatch, _ summary: inout BatchSummary,
        _ writer: ItemWriter<BatchStopEvent>
    ) async throws {
        let overrides = page.overridesByTask
        for item in page.items {
            let state = states[item.taskId]
            let order = context.order(
                batch, overrides: overrides[item.taskId], taskID: item.taskId, for: state)
            var decided: BatchItem
            switch BatchMachine.decide(item, order, for: state, nowMs: context.ledger.nowMs()) {
            case .result(let result): decided = result
            case .write(_, let result):
                decided = result.foretold(state?.record.status ?? .unspecified)
            }
            decided.final = true
            summary.add(decided)
            try await writer.write(BatchStopEvent(item: decided))
        }
    }
}
