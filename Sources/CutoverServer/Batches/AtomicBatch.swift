import CutoverModel
internal import CutoverTasks

/// Accepts a batch whole, in one durable write, or not at all.
struct AtomicBatch {
    let context: BatchContext

    /// Decides every item and writes record, pages and stops together; when one item is not legal, the batch is written as over
    /// before it began, with an answer for each item.
    func accept(_ record: BatchRecord, _ pages: [BatchPage]) async throws -> BatchOutcome {
        var named = pages
        var record = record
        try await select(&record, &named)
        for _ in 0..<TaskLedger.maxRetries {
            let group = try await decide(record, named)
            let writes = context.writes(of: group)
            let outcome = try await context.write(
                group.record, pages: group.pages, with: writes, actor: record.batch?.actor ?? "",
                action: "batch.accepted", atomically: true)
            // A task changed between the reading and the writing: all are decided again.
            if case .refused = outcome { continue }
            if case .applied = outcome { await context.pool.poke(writes.map(\.record)) }
            return outcome
        }
        throw LedgerError.contended
    }

    /// What ``accept(_:_:)`` would answer now; nothing is written.
    func foretell(_ record: BatchRecord, _ pages: [BatchPage]) async throws -> [BatchItem] {
        var named = pages
        var record = record
        try await select(&record, &named)
        let group = try await decide(record, named)
        let before = Dictionary(group.changes.map { ($0.before.record.id, $0.before.record.status) }) { first, _ in
            first
        }
        return group.pages.flatMap(\.items).map { item in before[item.taskId].map(item.foretold) ?? item }
    }

    /// Names what the selector selects.
    private func select(_ record: inout BatchRecord, _ pages: inout [BatchPage]) async throws {
        guard let selector = record.batch?.terms?.selector else { return }
        var named = Set(pages.flatMap { $0.items.map(\.taskId) })
        while !record.selected {
            let listing = try await context.store.list(
                selector.query(after: record.selectorToken, limit: BatchMachine.maxPageItems))
            guard let page = BatchMachine.select(listing, named: named, of: &record) else { continue }
            named.formUnion(page.items.map(\.taskId))
            guard named.count <= BatchValidation.maxAtomicItems else {
                throw ServiceErrors.invalid(
                    "selector: selects more than \(BatchValidation.maxAtomicItems) tasks, the limit with atomic_accept."
                )
            }
            pages.append(page)
        }
    }

    private func decide(_ record: BatchRecord, _ pages: [BatchPage]) async throws -> BatchGroup {
        let ids = pages.flatMap { $0.items.map(\.taskId) }
        return BatchMachine.acceptWhole(
            pages, of: record, states: try await context.states(of: ids), nowMs: context.ledger.nowMs(),
            order: context.orders(of: record))
    }
}
