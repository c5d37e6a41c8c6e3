import CutoverModel
import CutoverTasks

/// The decisions under test, each replaceable, so that a planted bug can show that the simulation would find it.
struct SimulatedCore: Sendable {
    var order: @Sendable (TaskOrder, TaskState, Int64) throws -> TaskTransition = { order, state, nowMs in
        try TaskMachine.apply(order, to: state, nowMs: nowMs)
    }
    var report: @Sendable (WorkerReport, UInt64, TaskState, Int64) -> TaskTransition? = { report, epoch, state, nowMs in
        TaskMachine.apply(
            report, epoch: epoch, to: state,
            policy: RepairPolicy(maxAttempts: 2, firstDelayMs: 10, maxDelayMs: 100), nowMs: nowMs)
    }
    var decide: @Sendable (StopOrder, TaskState, Int64) throws -> StopDecision = { order, state, nowMs in
        try StopMachine.decide(order, for: state, nowMs: nowMs)
    }
    var step: @Sendable (StopStep, Stop, TaskState, Int64) -> TaskTransition? = { step, stop, state, nowMs in
        StopMachine.apply(step, stopID: stop.id, mode: stop.modeTaken, to: state, nowMs: nowMs)
    }
    var work: @Sendable (TaskRecord) -> TaskWork = { TaskWork(for: $0) }
    /// The revision that a write expects, from the one that was read; 0 asks the store.
    var expectedRevision: @Sendable (UInt64) -> UInt64 = { $0 }
    /// Whether request ids are remembered.
    var remembersRequests = true
}

/// What the destination and the source truly hold; nobody's memory.
struct SimulatedEnds {
    var sourceSequence: UInt64 = 1
    var appliedSequence: UInt64 = 0
    var fenceEpoch: UInt64 = 0
    var isOwned = false
    var isCopied = false
    var isSourceUp = true
    var isDestinationUp = true

    /// A transaction of a worker at this epoch, which the fence lets through or not.
    mutating func write(epoch: UInt64, _ body: (inout SimulatedEnds) -> Void) -> Bool {
        guard isDestinationUp, isOwned, fenceEpoch == epoch else { return false }
        body(&self)
        return true
    }

    static func position(_ sequence: UInt64) -> String { "0-1-\(sequence)" }
}
