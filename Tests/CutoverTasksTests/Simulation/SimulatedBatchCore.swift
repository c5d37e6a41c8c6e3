import CutoverModel
import CutoverTasks

/// The decisions about batches under test, each replaceable as those of ``SimulatedCore``.
struct SimulatedBatchCore: Sendable {
    /// What the decisions about pages are made from.
    struct Basis: Sendable {
        var record: BatchRecord
        /// Of the tasks that are not decided about.
        var states: [String: TaskState]
        /// The orders for the items, by task.
        var orders: [String: StopOrder]
        var inProgress: Int
        var maxChanges: Int
        var nowMs: Int64

        /// The order for an item.
        func order(_ item: BatchItem, _ overrides: StopOverride?, _: TaskState?) -> StopOrder {
            var order = orders[item.taskId] ?? StopOrder(stopID: "")
            guard let overrides else { return order }
            order.mode = overrides.mode
            order.reason = overrides.reason
            return order
        }
    }

    var begin: @Sendable (BatchStopRequest, _ id: String, _ pageItems: Int, Int64) -> (BatchRecord, [BatchPage]) = {
        BatchMachine.begin($0, id: $1, actor: "sim", duplicates: 0, fingerprint: [], pageItems: $2, nowMs: $3)
    }
    var select: @Sendable (TaskPage, Set<String>, inout BatchRecord) -> BatchPage? = {
        BatchMachine.select($0, named: $1, of: &$2)
    }
    var accept: @Sendable (BatchPage, Basis) -> BatchGroup = { page, basis in
        BatchMachine.accept(
            page, of: basis.record, states: basis.states, inProgress: basis.inProgress,
            maxChanges: basis.maxChanges, nowMs: basis.nowMs, order: basis.order)
    }
    var acceptWhole: @Sendable ([BatchPage], Basis) -> BatchGroup = { pages, basis in
        BatchMachine.acceptWhole(
            pages, of: basis.record, states: basis.states, nowMs: basis.nowMs, order: basis.order)
    }
    var ending: @Sendable (StopBatch, _ failures: Int) -> ErrorInfo? = { BatchMachine.ending($0, failures: $1) }
    var giveUp: @Sendable ([BatchPage], Basis, ErrorInfo) -> BatchGroup = { pages, basis, why in
        BatchMachine.giveUp(
            pages, of: basis.record, states: basis.states, inProgress: basis.inProgress, why, nowMs: basis.nowMs)
    }
    var follow: @Sendable (BatchItem, Stop, TaskStatus?) -> BatchItem = { BatchMachine.follow($0, $1, $2) }
    var settle: @Sendable ([BatchItem], BatchPage, inout BatchRecord) -> BatchPage? = {
        BatchMachine.settle($0, in: $1, of: &$2)
    }
    var conclude: @Sendable (inout BatchRecord, _ inProgress: Int, Int64) -> Void = {
        BatchMachine.conclude(&$0, inProgress: $1, nowMs: $2)
    }
    var cancel: @Sendable (BatchRecord, _ withdraws: Bool) -> BatchRecord? = {
        BatchMachine.cancel($0, by: "sim", reason: "no more", withdraws: $1)
    }
    /// Whether a restarted server takes up a batch.
    var takesUp: @Sendable (BatchRecord) -> Bool = { _ in true }
    /// Whether it finds the stops of the batch that go on.
    var findsOpenStops = true
    /// Whether a batch that is accepted whole is written whole.
    var writesWhole = true
    /// Whether the stops of a group stand only with the page that tells of them, also when a task changed while it was decided.
    var writesGroupsWhole = true
    /// The revision that a write expects, from the one that was read; nil asks the store.
    var expectedRevision: @Sendable (UInt64) -> UInt64? = { $0 }
    /// The id of the batch that a request makes.
    var batchID: @Sendable (_ requestID: String, _ fresh: String) -> String = { requestID, _ in requestID }
}
