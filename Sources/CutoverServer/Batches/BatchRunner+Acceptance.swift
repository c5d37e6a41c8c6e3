import CutoverModel
internal import CutoverTasks
internal import Foundation

extension BatchRunner {
    /// Decides the next items, as many as may be in progress, and writes their stops, their page and the record in one commit.
    func acceptGroup(_ record: BatchRecord) async throws {
        var record = record
        let pagesBefore = record.pages
        guard let (page, states) = try await nextPage(&record) else {
            BatchMachine.conclude(&record, inProgress: open.count, nowMs: context.ledger.nowMs())
            _ = try await context.write(record, pages: [], action: "batch.accepted")
            return
        }
        if isContended, page.index >= pagesBefore {
            // Named first, in a write of its own: what is accepted bit by bit must be in a page before.
            _ = try await context.write(record, pages: [page], action: "batch.selected")
            return
        }
        let group = decide(page, states, &record)
        let begun = zip(page.items, group.page.items).filter { $0.isPending && $1.isOpen }.count
        BatchMachine.conclude(&record, inProgress: open.count + begun, nowMs: context.ledger.nowMs())
        let outcome = try await context.write(
            record, pages: [group.page], with: group.writes, action: "batch.accepting", atomically: !isContended)
        await take(outcome, group, over: page)
    }

    private func decide(_ page: BatchPage, _ states: [String: TaskState], _ record: inout BatchRecord) -> BatchGroup {
        var group = BatchGroup(page: page)
        guard let batch = record.batch else { return group }
        var room = BatchMachine.room(batch, inProgress: open.count)
        for place in page.items.indices where page.items[place].isPending {
            guard room > 0 else { break }
            let item = page.items[place]
            let state = states[item.taskId]
            let order = context.order(
                batch, overrides: group.overrides[item.taskId], taskID: item.taskId, for: state)
            switch BatchMachine.decide(item, order, for: state, nowMs: context.ledger.nowMs()) {
            case .result(let decided): group.page.items[place] = decided
            case .write(let transition, let decided):
                guard let state else { continue }
                group.page.items[place] = decided
                group.writes.append(context.ledger.makeWrite(transition, before: state, actor: batch.actor))
            }
            if group.page.items[place].isOpen { room -= 1 }
            record.batch?.summary?.replace(item, by: group.page.items[place])
        }
        if !group.page.items.contains(where: \.isPending) { record.openPage = page.index + 1 }
        return group
    }

    /// What the store made of a group.
    ///
    /// Page and stops stand together at first. When a task changed meanwhile, what stands is written without the page: the group is
    /// decided again, and finds the stops that did stand as its own.
    private func take(_ outcome: BatchOutcome, _ group: BatchGroup, over page: BatchPage) async {
        switch outcome {
        case .applied(let revision, _):
            isContended = false
            // Nothing older can concern what is in progress only from here on.
            if open.isEmpty { position = revision }
            note(group.page, over: page)
            await context.pool.poke(group.writes.map(\.record))
        case .partial(let outcomes):
            let stood = zip(group.writes, outcomes).filter { $0.1.stands }
            await context.pool.poke(stood.map(\.0.record))
        case .refused: isContended = true
        case .lost: return
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
        guard let batch = record.batch, let selector = batch.terms?.selector else { return nil }
        if !record.selected, named == nil { named = try await readNamed(record) }
        while !record.selected {
            let listing = try await context.store.list(
                selector.query(after: record.selectorToken, limit: Int(record.pageItems)))
            record.selectorToken = listing.next ?? ""
            record.selected = listing.next == nil
            let selected = listing.states.filter {
                selector.takes($0.record, atMs: record.selectedBeforeMs)
                    && named?.contains($0.record.id) != true
            }
            guard !selected.isEmpty else { continue }
            let items = selected.map { BatchItem(taskId: $0.record.id, taskName: $0.record.name) }
            let page = BatchPage(batchId: batchID, index: record.pages, items: items)
            record.pages += 1
            for item in items { record.batch?.summary?.add(item) }
            return (page, Dictionary(selected.map { ($0.record.id, $0) }) { first, _ in first })
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

/// Some items that are decided together.
struct BatchGroup: Sendable {
    var page: BatchPage
    let overrides: [String: StopOverride]
    var writes: [TaskWrite] = []

    init(page: BatchPage) {
        self.page = page
        overrides = Dictionary(page.overrides.map { ($0.taskId, $0) }) { first, _ in first }
    }
}
