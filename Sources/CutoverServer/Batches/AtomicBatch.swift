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
            let decided = try await decide(record, named)
            let outcome = try await context.write(
                decided.record, pages: decided.pages, with: decided.writes, actor: record.batch?.actor ?? "",
                action: "batch.accepted", atomically: true)
            // A task changed between the reading and the writing: all are decided again.
            if case .refused = outcome { continue }
            if case .applied = outcome { await context.pool.poke(decided.writes.map(\.record)) }
            return outcome
        }
        throw LedgerError.contended
    }

    /// What ``accept(_:_:)`` would answer now; nothing is written.
    func foretell(_ record: BatchRecord, _ pages: [BatchPage]) async throws -> [BatchItem] {
        var named = pages
        var record = record
        try await select(&record, &named)
        let decided = try await decide(record, named)
        let before = Dictionary(decided.writes.map { ($0.record.id, $0.from) }) { first, _ in first }
        return decided.pages.flatMap(\.items).map { item in before[item.taskId].map(item.foretold) ?? item }
    }

    /// Names what the selector selects.
    private func select(_ record: inout BatchRecord, _ pages: inout [BatchPage]) async throws {
        guard !record.selected, let selector = record.batch?.terms?.selector else { return }
        var named = Set(pages.flatMap { $0.items.map(\.taskId) })
        var token = ""
        repeat {
            let listing = try await context.store.list(selector.query(after: token, limit: BatchMachine.maxPageItems))
            let items = listing.states
                .filter { selector.takes($0.record, atMs: record.selectedBeforeMs) }
                .filter { named.insert($0.record.id).inserted }
                .map { BatchItem(taskId: $0.record.id, taskName: $0.record.name) }
            guard named.count <= BatchValidation.maxAtomicItems else {
                throw ServiceErrors.invalid(
                    "selector: selects more than \(BatchValidation.maxAtomicItems) tasks, the limit with atomic_accept."
                )
            }
            if !items.isEmpty {
                pages.append(
                    BatchPage(batchId: record.batch?.id ?? "", index: UInt32(pages.count), items: items))
            }
            token = listing.next ?? ""
        } while !token.isEmpty
        record.selected = true
        record.pages = UInt32(pages.count)
    }

    private struct Decided {
        var record: BatchRecord
        var pages: [BatchPage]
        var writes: [TaskWrite] = []
    }

    private func decide(_ record: BatchRecord, _ pages: [BatchPage]) async throws -> Decided {
        var decided = Decided(record: record, pages: pages)
        guard let batch = record.batch else { return decided }
        var isLegal = true
        for index in pages.indices {
            let group = BatchGroup(page: pages[index])
            let states = try await context.states(of: group.page.items.map(\.taskId))
            for place in group.page.items.indices {
                let item = group.page.items[place]
                let state = states[item.taskId]
                let order = context.order(
                    batch, overrides: group.overrides[item.taskId], taskID: item.taskId, for: state)
                switch BatchMachine.decide(item, order, for: state, nowMs: context.ledger.nowMs()) {
                case .result(let result):
                    decided.pages[index].items[place] = result
                    if result.result == .rejected || result.result == .unknownTask { isLegal = false }
                case .write(let transition, let result):
                    guard let state else { continue }
                    decided.pages[index].items[place] = result
                    decided.writes.append(context.ledger.makeWrite(transition, before: state, actor: batch.actor))
                }
            }
        }
        if !isLegal { leaveAlone(&decided, pages) }
        decided.record.openPage = decided.record.pages
        let items = decided.pages.flatMap(\.items)
        decided.record.batch?.summary = BatchSummary(counting: items)
        BatchMachine.conclude(
            &decided.record, inProgress: items.filter(\.isOpen).count, nowMs: context.ledger.nowMs())
        return decided
    }

    /// Nothing is stopped: what would have been is answered as not tried.
    private func leaveAlone(_ decided: inout Decided, _ pages: [BatchPage]) {
        decided.writes = []
        let why = ErrorInfo(
            message: "Another task of the batch cannot be stopped now, and all or none were to be.",
            reason: "NOT_ALL_LEGAL")
        for index in decided.pages.indices {
            for place in decided.pages[index].items.indices {
                let result = decided.pages[index].items[place].result
                guard result == .accepted || result == .stopped else { continue }
                decided.pages[index].items[place] = pages[index].items[place]
            }
            decided.pages[index] = BatchMachine.giveUp(decided.pages[index], why)
        }
    }
}
