import CutoverModel
import CutoverTasks

/// The decisions under test, each replaceable, so that a planted bug can show that the simulation would find it.
struct SimulatedCore: Sendable {
    static let policy = RepairPolicy(maxAttempts: 2, firstDelayMs: 10, maxDelayMs: 100)

    var order: @Sendable (TaskOrder, TaskState, Int64) throws -> TaskTransition = { order, state, nowMs in
        try TaskMachine.apply(order, to: state, nowMs: nowMs)
    }
    var report: @Sendable (WorkerReport, UInt64, TaskState, Int64) -> TaskTransition? = { report, epoch, state, nowMs in
        TaskMachine.apply(report, epoch: epoch, to: state, policy: policy, nowMs: nowMs)
    }
    var decide: @Sendable (StopOrder, TaskState, Int64) throws -> StopDecision = { order, state, nowMs in
        try StopMachine.decide(order, for: state, nowMs: nowMs)
    }
    var cancel: @Sendable (_ stopID: String, TaskState, Int64) throws -> CancelDecision = { stopID, state, nowMs in
        try StopMachine.cancel(state, stopID: stopID, actor: "sim", reason: "not now", nowMs: nowMs)
    }
    var finishResidue: @Sendable ([ObjectOutcome], TaskState, Int64) throws -> TaskTransition = {
        outcomes, state, nowMs in
        try StopMachine.finishResidue(outcomes, of: state, actor: "sim", reason: "later", nowMs: nowMs)
    }
    var step: @Sendable (StopStep, Stop, TaskState, Int64) -> TaskTransition? = { step, stop, state, nowMs in
        StopMachine.apply(step, of: stop, to: state, nowMs: nowMs)
    }
    var work: @Sendable (TaskRecord) -> TaskWork = { TaskWork(for: $0) }
    /// The revision that a write expects, from the one that was read; 0 asks the store.
    var expectedRevision: @Sendable (UInt64) -> UInt64 = { $0 }
    /// What is sealed with a transition.
    var seals: @Sendable (TaskTransition) -> ReceiptKind? = { $0.seals }
    /// How the store chains its audit log.
    var seal = InMemoryAuditSeal.weak
    /// Whether request ids are remembered at all, and whether they are although a stop was only found in progress.
    var remembersRequests = true
    var remembersAnswers = true
    /// The decisions about batches.
    var batch = SimulatedBatchCore()
    /// Whether the destination checks a worker's epoch in its transactions.
    var destinationIsFenced = true
}
