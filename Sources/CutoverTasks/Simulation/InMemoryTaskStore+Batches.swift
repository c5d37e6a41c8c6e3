package import CutoverModel

extension InMemoryTaskStore {
    package func apply(
        _ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool
    ) throws -> BatchOutcome {
        try requireWritable()
        try TaskStoreLimits.check(batch)
        try TaskStoreLimits.check(writes, atLeast: 0)
        let current = batches[batch.record.batch?.id ?? ""]
        guard (current?.record.batch?.revision ?? 0) == batch.expectedRevision else {
            return .lost(current: current?.record)
        }
        if atomically, !allStand(writes) { return .refused(writes.map(asItStands)) }
        return commit { revision, index in
            let outcomes = writes.map { apply($0, revision, &index) }
            guard outcomes.allSatisfy(\.stands) else { return .partial(outcomes) }
            store(batch, over: current, revision)
            log.append(
                TaskEvent(
                    revision: revision, index: index, actor: batch.actor, atMs: batch.atMs, action: batch.action,
                    batchId: batch.record.batch?.id ?? ""))
            index += 1
            return .applied(revision: revision, outcomes)
        }
    }

    /// Whether every write would stand, each after those before it.
    private func allStand(_ writes: [TaskWrite]) -> Bool {
        var revisions: [String: UInt64] = [:]
        var known: Set<String> = []
        for write in writes {
            if let request = write.request {
                guard requests[request.id] == nil, known.insert(request.id).inserted else { return false }
            }
            let id = write.record.id
            guard (revisions[id] ?? entries[id]?.record.revision ?? 0) == write.expectedRevision else { return false }
            revisions[id] = write.deletes ? 0 : lastRevision + 1
        }
        return true
    }

    private func asItStands(_ write: TaskWrite) -> WriteOutcome {
        if let request = write.request, let known = requests[request.id] { return .requestKnown(known) }
        return .lost(current: entries[write.record.id].map(state))
    }

    private func store(_ batch: BatchWrite, over current: BatchEntry?, _ revision: UInt64) {
        guard let id = batch.record.batch?.id else { return }
        var entry = current ?? BatchEntry(position: Int64(batchOrder.count) + 1, record: batch.record)
        if current == nil { batchOrder.append(id) }
        entry.record = batch.record
        entry.record.batch?.revision = revision
        for page in batch.pages { entry.pages[page.index] = page }
        batches[id] = entry
    }

    package func batch(id: String) throws -> BatchRecord? {
        try requireOpen()
        return batches[id]?.record
    }

    package func batchPage(id: String, index: UInt32) throws -> BatchPage? {
        try requireOpen()
        return batches[id]?.pages[index]
    }

    package func batches(after: String?, limit: Int) throws -> BatchListing {
        try requireOpen()
        let limit = TaskStoreLimits.pageLimit(limit)
        let after = try TaskStoreLimits.position(after)
        let older = after == 0 ? batchOrder[...] : batchOrder.prefix(Int(after) - 1)
        let found = older.suffix(limit).reversed().compactMap { batches[$0] }
        let next = found.count < older.count ? found.last.map { String($0.position) } : nil
        return BatchListing(batches: found.map(\.record), next: next)
    }

    package func openBatches() throws -> [BatchRecord] {
        try requireOpen()
        let open = batchOrder.lazy.compactMap { self.batches[$0]?.record }.filter { $0.batch?.state != .finished }
        return Array(open.prefix(TaskStoreLimits.openBatches))
    }
}
