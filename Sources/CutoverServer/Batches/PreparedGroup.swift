import CutoverModel
internal import CutoverTasks

/// What a group of a batch is made from; the revision of the record does not matter.
struct GroupTerms: Sendable, Hashable {
    let record: BatchRecord
    /// Tasks that are items already, and that the selector does not name again.
    let named: Set<String>
    /// Stops of the batch that go on.
    let inProgress: Int
    /// Stops that the group may accept.
    let maxChanges: Int

    init(record: BatchRecord, named: Set<String>, inProgress: Int, maxChanges: Int) {
        var record = record
        record.batch?.revision = 0
        self.record = record
        self.named = named
        self.inProgress = inProgress
        self.maxChanges = maxChanges
    }

    /// The terms of the group after one of these, once that is written as it is; nil where the next one cannot be made before:
    /// its page is the one that is being written, or there is none.
    func following(_ group: BatchGroup) -> GroupTerms? {
        guard maxChanges == BatchMachine.maxPageItems, group.record.batch?.state == .accepting,
            !group.pages.contains(where: { $0.items.contains(where: \.isPending) })
        else { return nil }
        let opened = group.pages.reduce(0) { $0 + $1.items.count(where: \.isOpen) }
        return GroupTerms(
            record: group.record, named: named, inProgress: inProgress + opened, maxChanges: maxChanges)
    }
}

/// What is to be written next of a batch.
enum PreparedGroup: Sendable {
    /// Everything is decided, or nothing more is selected.
    case nothingLeft(BatchRecord)
    /// - Parameter over: the page as it was before the group decided it.
    case group(BatchGroup, over: BatchPage, [TaskWrite])
}

/// A group that was made before its turn.
struct GroupAhead: Sendable {
    let terms: GroupTerms
    let outcome: PreparedGroup
}

extension BatchContext {
    /// Reads and decides the next items.
    func prepare(_ terms: GroupTerms) async throws -> PreparedGroup {
        var record = terms.record
        guard let (page, states) = try await nextPage(&record, named: terms.named) else { return .nothingLeft(record) }
        let group = BatchMachine.accept(
            page, of: record, states: states, inProgress: terms.inProgress, maxChanges: terms.maxChanges,
            nowMs: ledger.nowMs(), order: orders(of: record))
        return .group(group, over: page, writes(of: group))
    }

    /// The next group, for when its turn comes; nil without terms, or when the store does not answer: then it is made in its turn.
    func lookAhead(_ terms: GroupTerms?) async -> GroupAhead? {
        guard let terms, let outcome = try? await prepare(terms) else { return nil }
        return GroupAhead(terms: terms, outcome: outcome)
    }

    /// The page that is to be decided, with the tasks' states; nil when there is no more.
    private func nextPage(
        _ record: inout BatchRecord, named: Set<String>
    ) async throws -> (BatchPage, [String: TaskState])? {
        while record.openPage < record.pages {
            let page = try await page(record.batch?.id ?? "", record.openPage)
            let ids = page.items.filter(\.isPending).map(\.taskId)
            guard !ids.isEmpty else {
                record.openPage += 1
                continue
            }
            return (page, try await states(of: ids))
        }
        return try await selectPage(&record, named: named)
    }

    /// The next page of what the selector selects.
    private func selectPage(
        _ record: inout BatchRecord, named: Set<String>
    ) async throws -> (BatchPage, [String: TaskState])? {
        guard let selector = record.batch?.terms?.selector else { return nil }
        while !record.selected {
            let listing = try await store.list(
                selector.query(after: record.selectorToken, limit: Int(record.pageItems)))
            if let page = BatchMachine.select(listing, named: named, of: &record) {
                return (page, Dictionary(listing.states.map { ($0.record.id, $0) }) { first, _ in first })
            }
        }
        return nil
    }
}
