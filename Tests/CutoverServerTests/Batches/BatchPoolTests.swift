import CutoverModel
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import Synchronization
import Testing

/// Batches over runners that work: what is accepted is carried out without another word.
@Suite struct BatchPoolTests {
    /// The batches of a stage.
    struct Batches {
        let store: InterceptedStore
        let pool: BatchPool

        init(_ stage: Stage) {
            let clock = stage.clock
            store = InterceptedStore(base: stage.store)
            pool = BatchPool(
                context: BatchContext(
                    ledger: TaskLedger(store: store, nowMs: { clock.nowMs }), pool: stage.pool,
                    board: stage.context.board, drainDeadlineMs: 60_000, logger: stage.context.logger))
        }

        /// Stops these tasks and waits for their ends.
        func stop(_ tasks: [String], isAtomic: Bool = false) async throws -> BatchEvents {
            let events = Recorder()
            let service = BatchStopService(batches: pool)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await service.batchStop(
                        BatchStopRequest(taskIds: tasks, requestId: "b", wait: true, atomicAccept: isAtomic),
                        context: BatchStage.call(), writer: ItemWriter { events.add($0) })
                }
                group.addTask {
                    try await Task.sleep(for: Stage.deadline)
                    throw StageError.never("the batch ended")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            return BatchEvents(events.all)
        }
    }

    private func expectQuiet(_ stage: Stage, _ batches: Batches) async {
        await batches.pool.shutDown()
        await stage.pool.shutDown()
        #expect(stage.replicator.read { $0.openWorkers == 0 && $0.strayWrites == 0 })
    }

    @Test(arguments: [false, true]) func whatIsAcceptedIsCarriedOut(isAtomic: Bool) async throws {
        let stage = Stage()
        try await stage.createAndFollow("t1")
        let batches = Batches(stage)
        let told = try await batches.stop(["t1"], isAtomic: isAtomic)
        #expect(told.results == ["t1": .stopped] && told.last["t1"]?.drained == true)
        await expectQuiet(stage, batches)
    }

    /// Of a group whose other task changes again and again, what could be accepted is carried out all the same.
    @Test func whatIsAcceptedBitByBitIsCarriedOut() async throws {
        let stage = Stage()
        try await stage.createAndFollow("t1")
        try await stage.create("restless")
        try await stage.reach(.pendingStart, "restless")
        let batches = Batches(stage)
        let turns = Mutex(0)
        let ledger = stage.context.ledger
        batches.store.before { _, writes in
            let turn = turns.withLock { count in
                count += writes.isEmpty ? 0 : 1
                return count
            }
            guard turn <= 2, writes.contains(where: { $0.record.id == "restless" }) else { return }
            _ = try await ledger.write("restless", actor: "rival") { TaskTransition(state: $0, action: "touch") }
        }
        let told = try await batches.stop(["restless", "t1"])
        #expect(told.results == ["restless": .stopped, "t1": .stopped] && told.last["t1"]?.drained == true)
        #expect(turns.withLock { $0 } >= 3, "all at once, then one by one, then what was left")
        await expectQuiet(stage, batches)
    }
}
