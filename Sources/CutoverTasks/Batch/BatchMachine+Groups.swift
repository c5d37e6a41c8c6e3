public import CutoverModel

/// What is written of a batch at one time. A stop is only ever written with the page that tells of it: whoever reads the page
/// later, also after a crash, knows which stops are the batch's.
extension BatchMachine {
    /// Names the next tasks that the selector selects.
    /// - Parameters:
    ///   - listing: the next part of what the store found; its end is noted in the record.
    ///   - named: tasks that are items already.
    /// - Returns: a page for them; nil when no task of this part is selected.
    public static func select(
        _ listing: TaskPage, named: Set<String>, of record: inout BatchRecord
    ) -> BatchPage? {
        guard let batch = record.batch, let selector = batch.terms?.selector else { return nil }
        record.selectorToken = listing.next ?? ""
        record.selected = listing.next == nil
        let items =
            listing.states
            .filter { selector.takes($0.record, atMs: record.selectedBeforeMs) && !named.contains($0.record.id) }
            .map { BatchItem(taskId: $0.record.id, taskName: $0.record.name) }
        guard !items.isEmpty else { return nil }
        let page = BatchPage(batchId: batch.id, index: record.pages, items: items)
        record.pages += 1
        for item in items { record.batch?.summary?.add(item) }
        return page
    }

    /// Decides the next items of a page, as long as one more stop may be in progress.
    /// - Parameters:
    ///   - states: of the tasks that are not decided about, as far as they exist.
    ///   - inProgress: stops of the batch that go on now.
    ///   - maxChanges: stops to accept at most, 1 to 1000; see ``nextMaxChanges(after:of:isRefused:)``.
    ///   - order: the batch's terms for an item, with what the page overrides for it, as they hold for its task.
    public static func accept(
        _ page: BatchPage, of record: BatchRecord, states: [String: TaskState], inProgress: Int,
        maxChanges: Int = maxPageItems, nowMs: Int64, order: (BatchItem, StopOverride?, TaskState?) -> StopOrder
    ) -> BatchGroup {
        var group = BatchGroup(record: record, pages: [page])
        guard let batch = record.batch else { return group }
        let overrides = page.overridesByTask
        var inProgress = inProgress
        for place in page.items.indices where page.items[place].isPending {
            guard room(batch, inProgress: inProgress) > 0, group.changes.count < maxChanges else { break }
            let item = page.items[place]
            let order = order(item, overrides[item.taskId], states[item.taskId])
            let decided = group.decide(item, order, for: states[item.taskId], nowMs: nowMs)
            group.pages[0].items[place] = decided
            group.record.batch?.summary?.replace(item, by: decided)
            if decided.isOpen { inProgress += 1 }
        }
        if !group.pages[0].items.contains(where: \.isPending) { group.record.openPage = page.index + 1 }
        conclude(&group.record, inProgress: inProgress, nowMs: nowMs)
        return group
    }

    /// How many stops the next group may accept, by what became of the last one.
    ///
    /// A group that was refused, because a task changed while it was decided, is tried again as a smaller one, down to a single
    /// stop: so it comes through among rivals although all of it stands together, or none.
    public static func nextMaxChanges(after group: BatchGroup, of maxChanges: Int, isRefused: Bool) -> Int {
        isRefused ? max(1, group.changes.count / 2) : min(maxPageItems, maxChanges * 2)
    }

    /// Decides every item of a batch that is accepted whole or not at all. When one of them cannot be stopped, nothing is: the
    /// batch is over then, with an answer for each item.
    /// - Parameters:
    ///   - pages: all that the batch has; their number becomes the record's.
    ///   - states: of all tasks that exist.
    public static func acceptWhole(
        _ pages: [BatchPage], of record: BatchRecord, states: [String: TaskState], nowMs: Int64,
        order: (BatchItem, StopOverride?, TaskState?) -> StopOrder
    ) -> BatchGroup {
        var group = BatchGroup(record: record, pages: pages)
        for (index, page) in pages.enumerated() {
            let overrides = page.overridesByTask
            for (place, item) in page.items.enumerated() {
                let order = order(item, overrides[item.taskId], states[item.taskId])
                group.pages[index].items[place] = group.decide(item, order, for: states[item.taskId], nowMs: nowMs)
            }
        }
        let isIllegal = group.pages.contains { page in
            page.items.contains { $0.result == .rejected || $0.result == .unknownTask }
        }
        if isIllegal { group.leaveAlone(pages, states) }
        let items = group.pages.flatMap(\.items)
        group.record.pages = UInt32(pages.count)
        group.record.openPage = group.record.pages
        group.record.batch?.summary = BatchSummary(counting: items)
        conclude(&group.record, inProgress: items.filter(\.isOpen).count, nowMs: nowMs)
        return group
    }

    /// Gives up what is not decided of some pages; the selector names nothing more.
    /// - Parameters:
    ///   - pages: the next ones that are not decided whole, in order.
    ///   - states: of their tasks that are not decided about, as far as they exist.
    ///   - inProgress: stops of the batch that go on now.
    public static func giveUp(
        _ pages: [BatchPage], of record: BatchRecord, states: [String: TaskState], inProgress: Int, _ why: ErrorInfo,
        nowMs: Int64
    ) -> BatchGroup {
        var group = BatchGroup(record: record)
        for page in pages {
            let ended = giveUp(page, states: states, why)
            for (old, new) in zip(page.items, ended.items) where old != new {
                group.record.batch?.summary?.replace(old, by: new)
            }
            group.pages.append(ended)
            group.record.openPage = page.index + 1
        }
        group.record.selected = true
        conclude(&group.record, inProgress: inProgress, nowMs: nowMs)
        return group
    }

    /// Takes in how stops have ended.
    /// - Parameter standing: items of the page whose stops went on, as these stand now.
    /// - Returns: nil when none of them has ended.
    public static func settle(
        _ standing: [BatchItem], in page: BatchPage, of record: inout BatchRecord
    ) -> BatchPage? {
        let ended = Dictionary(standing.filter(\.final).map { ($0.taskId, $0) }) { first, _ in first }
        var page = page
        var isChanged = false
        for (place, item) in page.items.enumerated() where item.isOpen {
            guard let now = ended[item.taskId], now.stopId == item.stopId else { continue }
            record.batch?.summary?.replace(item, by: now)
            page.items[place] = now
            isChanged = true
        }
        return isChanged ? page : nil
    }

    /// Cancels a batch: no more of its items are tried.
    /// - Parameter withdraws: to call off its stops too, as far as that is possible; may be asked for later.
    /// - Returns: nil when that changes nothing: it is over, or was cancelled so before.
    public static func cancel(
        _ record: BatchRecord, by actor: String, reason: String, withdraws: Bool
    ) -> BatchRecord? {
        guard var batch = record.batch, batch.state != .finished, !batch.cancelled || (withdraws && !batch.withdraws)
        else { return nil }
        if !batch.cancelled {
            batch.cancelledBy = actor
            batch.cancelledReason = reason
        }
        batch.cancelled = true
        batch.withdraws = batch.withdraws || withdraws
        var record = record
        record.batch = batch
        return record
    }
}

extension BatchGroup {
    /// - Returns: the item as it is decided; its stop is among the changes then.
    fileprivate mutating func decide(
        _ item: BatchItem, _ order: StopOrder, for state: TaskState?, nowMs: Int64
    ) -> BatchItem {
        switch BatchMachine.decide(item, order, for: state, nowMs: nowMs) {
        case .result(let decided): return decided
        case .write(let transition, let decided):
            if let state { changes.append(Change(before: state, transition: transition)) }
            return decided
        }
    }

    /// Nothing is stopped: what would have been is answered as not tried.
    fileprivate mutating func leaveAlone(_ undecided: [BatchPage], _ states: [String: TaskState]) {
        changes = []
        let why = ErrorInfo(
            message: "Another task of the batch cannot be stopped now, and all or none were to be.",
            reason: "NOT_ALL_LEGAL")
        for index in pages.indices {
            for place in pages[index].items.indices {
                let result = pages[index].items[place].result
                guard result == .accepted || result == .stopped else { continue }
                pages[index].items[place] = undecided[index].items[place]
            }
            pages[index] = BatchMachine.giveUp(pages[index], states: states, why)
        }
    }
}

extension BatchPage {
    /// The page's overrides by the task that each is for.
    public var overridesByTask: [String: StopOverride] {
        Dictionary(overrides.map { ($0.taskId, $0) }) { first, _ in first }
    }
}
