import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Synchronization
import Testing

@Suite struct TaskLedgerTests {
    func makeLedger(_ status: TaskStatus = .incrementalMigration) async throws -> (TaskLedger, InMemoryTaskStore) {
        let store = InMemoryTaskStore()
        let record = TaskRecord(id: "t", name: "t", status: status, epoch: 2, destinationTouched: true, copyDone: true)
        _ = try await store.apply([
            TaskWrite(record: record, expectedRevision: 0, from: .unspecified, actor: "a", action: "create", atMs: 1)
        ])
        return (TaskLedger(store: store, nowMs: { 42 }), store)
    }

    func pause(_ state: TaskState) throws -> TaskTransition { try TaskMachine.apply(.pause, to: state, nowMs: 2) }

    @Test func aLostRaceIsDecidedAnewOnTheStateThatWon() async throws {
        let (ledger, store) = try await makeLedger()
        let rival = try #require(try await store.state(of: "t"))
        let races = Mutex(0)
        let stale = StaleStore(base: store, stale: rival)
        _ = try await ledger.write("t", actor: "rival") { state in
            TaskTransition(state: state, action: "rival")
        }
        let racing = TaskLedger(store: stale, nowMs: { 42 })
        let result = try await racing.write("t", actor: "ann") { state in
            races.withLock { $0 += 1 }
            return try pause(state)
        }
        guard case .written(let state, _) = result else { throw StageError.notAccepted }
        #expect(races.withLock { $0 } == 2)
        #expect(state.record.status == .paused)
        #expect(try await store.state(of: "t") == state, "what is returned is what is durable, revision and all")
    }

    @Test func concurrentWritersLoseNothing() async throws {
        let (ledger, store) = try await makeLedger()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask {
                    _ = try await ledger.write("t", actor: "w\(index)") { state in
                        var state = state
                        state.record.labels.append(TaskLabel(key: "w", value: "\(index)"))
                        return TaskTransition(state: state, action: "label")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(try await store.state(of: "t")?.record.labels.map(\.value) ?? []).count == 40)
    }

    @Test func aKnownRequestIsReplayed() async throws {
        let (ledger, store) = try await makeLedger()
        let memo = RequestMemo(id: "r1", fingerprint: [1], taskID: "t")
        _ = try await ledger.write("t", actor: "ann", attachments: .init(request: memo), decide: pause)
        let revision = try await store.revision()
        let again = try await ledger.write("t", actor: "ann", attachments: .init(request: memo)) { state in
            TaskTransition(state: state, action: "again")
        }
        guard case .replayed(let known) = again else { throw StageError.notAccepted }
        #expect(known == memo)
        #expect(try await store.revision() == revision, "nothing was written")
    }

    @Test func aRequestThatEscalatesIsRememberedWithTheStopThatWasThere() async throws {
        let (ledger, store) = try await makeLedger()
        for (id, mode) in [("s1", StopMode.graceful), ("s2", .forced)] {
            let order = StopOrder(stopID: id, reason: "fire", mode: mode)
            let memo = RequestMemo(id: "r-\(id)", fingerprint: [1], taskID: "t", stopID: id)
            _ = try await ledger.write("t", actor: "ann", attachments: .init(request: memo)) { state in
                guard case .accepted(let transition) = try StopMachine.decide(order, for: state, nowMs: 1) else {
                    throw StageError.notAccepted
                }
                return transition
            }
        }
        #expect(try await store.request(id: "r-s2")?.stopID == "s1")
        #expect(try await store.stop(id: "s1")?.escalated == true)
    }

    @Test func staleReportsWriteNothing() async throws {
        let (ledger, store) = try await makeLedger()
        let revision = try await store.revision()
        #expect(try await ledger.report(.copyEnded, epoch: 1, taskID: "t") == nil)
        #expect(try await ledger.report(.healthy, epoch: 2, taskID: "t") == nil)
        #expect(try await ledger.report(.copyEnded, epoch: 2, taskID: "gone") == nil)
        #expect(try await ledger.report(.failed(TaskFailure()), stop: Stop(id: "s", taskId: "t")) == nil)
        #expect(try await store.revision() == revision)
    }

    @Test func refusalsAndUnknownTasksAreThrown() async throws {
        let (ledger, _) = try await makeLedger(.stopped)
        await #expect(throws: Refusal.self) { try await ledger.write("t", actor: "ann", decide: pause) }
        await #expect(throws: LedgerError.self) { try await ledger.write("gone", actor: "ann", decide: pause) }
    }

    @Test func aStoreThatRefusesIsSaid() async throws {
        let (ledger, store) = try await makeLedger()
        await store.refuseWrites(with: TaskStoreError(.full, "no room"))
        await #expect(throws: TaskStoreError(.full, "no room")) {
            try await ledger.write("t", actor: "ann", decide: pause)
        }
        await store.refuseWrites(with: nil)
        _ = try await ledger.write("t", actor: "ann", decide: pause)
    }
}
