import CutoverModel
internal import CutoverTasks
internal import Logging

/// What runners and readers of batches share.
struct BatchContext: Sendable {
    /// Events read from the log at a time.
    static let logPage = 1_000

    let ledger: TaskLedger
    let pool: RunnerPool
    let board: ProgressBoard
    /// The server's drain deadline, for stops that name none.
    let drainDeadlineMs: Int64
    let logger: Logger

    var store: any TaskStore { ledger.store }

    /// The order for one item of a batch.
    /// - Parameter state: the task as it stands; nil when there is none.
    func order(_ batch: StopBatch, overrides: StopOverride?, taskID: String, for state: TaskState?) -> StopOrder {
        var terms = StopTerms(batch.terms ?? BatchStopRequest())
        if let overrides { terms = terms.overridden(by: overrides) }
        let order = terms.order(
            stopID: TimeOrderedID.make(nowMs: ledger.nowMs()), batchID: batch.id, requestID: batch.id,
            actor: batch.actor, defaultDeadlineMs: drainDeadlineMs,
            hints: StopHints(board.progress(of: taskID), nowMs: ledger.nowMs()), mayForce: !batch.forbidsForce)
        return terms.settled(order, for: state)
    }

    /// The orders for the items of a batch.
    func orders(of record: BatchRecord) -> (BatchItem, StopOverride?, TaskState?) -> StopOrder {
        let batch = record.batch ?? StopBatch()
        return { item, overrides, state in order(batch, overrides: overrides, taskID: item.taskId, for: state) }
    }

    /// The tasks' part of a group.
    func writes(of group: BatchGroup) -> [TaskWrite] {
        group.changes.map {
            ledger.makeWrite($0.transition, before: $0.before, actor: group.record.batch?.actor ?? "")
        }
    }

    /// Tasks by their ids, as they are now.
    func states(of ids: [String]) async throws -> [String: TaskState] {
        guard !ids.isEmpty else { return [:] }
        var found: [String: TaskState] = [:]
        for (id, state) in zip(ids, try await store.states(of: ids)) { found[id] = state }
        return found
    }

    /// A page that the batch's record says is there.
    func page(_ batchID: String, _ index: UInt32) async throws -> BatchPage {
        guard let page = try await store.batchPage(id: batchID, index: index) else {
            throw TaskStoreError(.corrupt, "A page of a batch is missing.")
        }
        return page
    }

    /// Items whose stops go on, each as its stop stands now.
    func standing(of items: [BatchItem]) async throws -> [BatchItem] {
        let states = try await states(of: items.map(\.taskId))
        var standing: [BatchItem] = []
        for item in items {
            let state = states[item.taskId]
            if let state, let stop = state.stop, stop.id == item.stopId {
                standing.append(BatchMachine.follow(item, stop, state.record.status))
            } else if let stop = try await store.stop(id: item.stopId) {
                // The task was deleted, or has another stop by now.
                standing.append(BatchMachine.follow(item, stop, state?.record.status))
            } else {
                standing.append(item)
            }
        }
        return standing
    }

    /// All these items, those whose stops go on as they stand now.
    func current(_ items: [BatchItem]) async throws -> [BatchItem] {
        guard items.contains(where: \.isOpen) else { return items }
        var now = try await standing(of: items.filter(\.isOpen)).makeIterator()
        return items.map { $0.isOpen ? now.next() ?? $0 : $0 }
    }

    /// Writes a batch's record over the one it was read from.
    func write(
        _ record: BatchRecord, pages: [BatchPage], with writes: [TaskWrite] = [], actor: String = "cutover",
        action: String, atomically: Bool = false
    ) async throws -> BatchOutcome {
        try await store.apply(
            BatchWrite(
                record: record, expectedRevision: record.batch?.revision ?? 0, pages: pages, actor: actor,
                action: action,
                atMs: ledger.nowMs()),
            with: writes, atomically: atomically)
    }
}
