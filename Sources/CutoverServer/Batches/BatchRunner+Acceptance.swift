import CutoverModel
internal import CutoverTasks
internal import Foundation

extension BatchRunner {
    /// Decides the next items, as many as may be in progress, and writes their stops, their page and the record in one commit.
    func acceptGroup(_ record: BatchRecord) async throws {
        var record = record
        guard let (page, states) = try await nextPage(&record) else {
            BatchMachine.conclude(&record, inProgress: open.count, nowMs: context.ledger.nowMs())
            _ = try await context.write(record, pages: [], action: "batch.accepted")
            return
        }
        let group = BatchMachine.accept(
            page, of: record, states: states, inProgress: open.count, maxChanges: maxChanges,
            nowMs: context.ledger.nowMs(), order: context.orders(of: record))
        let writes = context.writes(of: group)
        let outcome = try await context.write(
            group.record, pages: group.pages, with: writes, action: "batch.accepting", atomically: true)
        await take(outcome, group, writes, over: page)
    }

    /// What the store made of a group: page and stops stand together, or not at all.
    private func take(
        _ outcome: BatchOutcome, _ group: BatchGroup, _ writes: [TaskWrite], over page: BatchPage
    ) async {
        switch outcome {
        case .applied(let revision, _):
            maxChanges = BatchMachine.nextMaxChanges(after: group, of: maxChanges, isRefused: false)
            // Nothing older can concern what is in progress only from here on.
            if open.isEmpty { position = revision }
            for changed in group.pages { note(changed, over: page) }
            await context.pool.poke(writes.map(\.record))
        case .refused: maxChanges = BatchMachine.nextMaxChanges(after: group, of: maxChanges, isRefused: true)
        case .partial, .lost: return
        }
    }

    // MARK: - Pages

    /// The page that is to be decided, with the tasks' states; nil when there is no more.
    private func nextPage(_ record: inout BatchRecord) async throws -> (BatchPage, [String: TaskState])? {
        while record.openPage < record.pages {
            let page = try await context.page(batchID, record.openPage)
            let ids = page.items.filter(\.isPending).map(\.taskId)
            guard !ids.isEmpty else {
                record.openPage += 1
                continue
            }
            return (page, try await context.states(of: ids))
        }
        return try await selectPage(&record)
    }

    /// The next page of what the selector selects.
    private func selectPage(_ record: inout BatchRecord) async throws -> (BatchPage, [String: TaskState])? {
        guard let selector = record.batch?.terms?.selector else { return nil }
        if !record.selected, named == nil { named = try await readNamed(record) }
        while !record.selected {
            let listing = try await context.store.list(
                selector.query(after: record.selectorToken, limit: Int(record.pageItems)))
            if let page = BatchMachine.select(listing, named: named ?? [], of: &record) {
                return (page, Dictionary(listing.states.map { ($0.record.id, $0) }) { first, _ in first })
            }
        }
        return nil
    }

    /// The ids that were named: the first pages, up to as many items.
    private func readNamed(_ record: BatchRecord) async throws -> Set<String> {
        var ids = Set<String>()
        var index: UInt32 = 0
        while ids.count < Int(record.batch?.named ?? 0), index < record.pages {
            guard let page = try await context.store.batchPage(id: batchID, index: index) else { break }
            ids.formUnion(page.items.map(\.taskId))
            index += 1
        }
        return ids
    }
}
