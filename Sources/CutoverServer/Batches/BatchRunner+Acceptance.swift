import CutoverModel
internal import CutoverTasks

extension BatchRunner {
    /// Decides the next items, as many as may be in progress, and writes their stops, their page and the record in one commit.
    /// While that is written, the group after it is made ready.
    func acceptGroup(_ record: BatchRecord) async throws {
        if record.batch?.terms?.selector != nil, !record.selected, named == nil { named = try await readNamed(record) }
        let terms = GroupTerms(record: record, named: named ?? [], inProgress: open.count, maxChanges: maxChanges)
        let ready = ahead
        ahead = nil
        let prepared =
            if let ready, ready.terms == terms { ready.outcome } else { try await context.prepare(terms) }
        switch prepared {
        case .nothingLeft(var rest):
            rest.batch?.revision = record.batch?.revision ?? 0
            BatchMachine.conclude(&rest, inProgress: open.count, nowMs: context.ledger.nowMs())
            _ = try await context.write(rest, pages: [], action: "batch.accepted")
        case .group(var group, over: let page, let writes):
            group.record.batch?.revision = record.batch?.revision ?? 0
            let next = terms.following(group)
            async let following = context.lookAhead(next)
            let outcome = try await context.write(
                group.record, pages: group.pages, with: writes, action: "batch.accepting", atomically: true)
            await take(outcome, group, writes, over: page)
            // Should it not fit after all, because this group was refused or a stop has ended, it is made again.
            ahead = await following
        }
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
