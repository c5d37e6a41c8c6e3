import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverTasks
import Synchronization
import Testing

/// All stops of a batch are accepted in one durable write, or none is.
@Suite struct AtomicBatchTests {
    struct Lost: Error {}

    private func request(
        _ tasks: [String], selector: StopSelector? = nil, overrides: [StopOverride] = [], wait: Bool = false
    ) -> BatchStopRequest {
        BatchStopRequest(
            taskIds: tasks, reason: "move", requestId: "b", wait: wait, selector: selector, overrides: overrides,
            atomicAccept: true)
    }

    private func ids(_ count: Int) -> [String] { (0..<count).map { "t\($0)" } }

    @Test func allAreAcceptedInOneDurableWrite() async throws {
        let stage = await BatchStage()
        let tasks = ids(1_050)
        try await stage.add(tasks, .fullMigration)
        try await stage.add(["pending"])
        try await stage.add(["ended"], .stopped)
        let revision = try await stage.store.revision()
        let told = try await stage.stop(request(tasks + ["pending", "ended"]))
        #expect(stage.store.batchWrites == 1)
        #expect(told.summary == BatchSummary(items: 1_052, accepted: 1_050, stopped: 1, alreadyStopped: 1))
        let states = try await stage.store.states(of: tasks + ["pending"])
        #expect(states.allSatisfy { $0?.record.revision == revision + 1 && $0?.stop?.batchId == "b" })
        #expect(try await stage.batch("b").state == .running)
        for id in tasks { try await stage.end(id) }
        #expect(
            try await stage.finished("b").summary
                == BatchSummary(items: 1_052, stopped: 1_051, alreadyStopped: 1, undrained: 1_050))
    }

    enum Refuser: CaseIterable {
        case repairing, misconfigured, unknown
    }

    @Test(arguments: Refuser.allCases) func oneThatRefusesIsNamedAndNoneIsStopped(_ refuser: Refuser) async throws {
        let stage = await BatchStage()
        try await stage.add(["a", "c"], .incrementalMigration)
        try await stage.add(["pending"])
        try await stage.add(["ended"], .stopped)
        switch refuser {
        case .repairing: try await stage.add(["x"], .faultRectification) { $0.repairRunning = true }
        case .misconfigured: try await stage.add(["x"], .configuration) { $0.configurationFailed = true }
        case .unknown: break
        }
        let tasks = ["a", "x", "pending", "ended", "c"]
        let before = try await stage.store.states(of: tasks)
        let told = try await stage.stop(request(tasks, wait: true))
        let refused = try #require(told.last["x"])
        switch refuser {
        case .repairing: #expect(refused.result == .rejected && refused.error?.reason == "REPAIR_UNDER_WAY")
        case .misconfigured: #expect(refused.result == .rejected && refused.error?.reason == "CONFIGURATION_FAILED")
        case .unknown: #expect(refused.result == .unknownTask && refused.error?.reason == "UNKNOWN_TASK")
        }
        for id in ["a", "pending", "c"] {
            #expect(told.last[id]?.result == .notAttempted && told.last[id]?.error?.reason == "NOT_ALL_LEGAL", "\(id)")
            #expect(told.last[id]?.stopId == "", "\(id)")
        }
        #expect(told.results["ended"] == .alreadyStopped, "an end that was reached before stands in nobody's way")
        #expect(try await stage.store.states(of: tasks) == before)
        #expect(stage.store.batchWrites == 1, "what was answered, to be asked for again")
        let kept = try await stage.get(GetBatchStopRequest(batchId: "b"))
        #expect(kept.batch?.state == .finished && kept.items == told.items && kept.batch?.summary == told.summary)
        let again = try await stage.stop(request(tasks, wait: true))
        #expect(again.accepted?.resumed == true && again.items == told.items)
    }

    @Test func whatIsSelectedIsAcceptedInTheSameWrite() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(1_020), .incrementalMigration)
        let told = try await stage.stop(
            request(
                ["t3"], selector: StopSelector(nameGlob: "t*"),
                overrides: [
                    StopOverride(taskId: "t3", drainDeadlineMs: 11), StopOverride(taskId: "t9", mode: .forced),
                ]))
        #expect(stage.store.batchWrites == 1 && told.summary == BatchSummary(items: 1_020, accepted: 1_020, forced: 1))
        #expect(told.items.map(\.taskId).prefix(2) == ["t3", "t9"])
        #expect(Set(told.items.map(\.taskId)).count == 1_020)
        let stops = try await stage.store.states(of: ["t3", "t9", "t10"]).map { $0?.stop }
        #expect(stops.map { $0?.modeTaken } == [.graceful, .forced, .graceful])
        #expect(stops.map { $0?.drainDeadlineMs } == [11, 60_000, 60_000])
    }

    @Test func noMoreAreSelectedThanOneWriteHolds() async throws {
        let stage = await BatchStage()
        #expect(BatchValidation.maxAtomicItems <= TaskStoreLimits.writes)
        try await stage.add(ids(BatchValidation.maxAtomicItems + 1))
        let refused = try await stage.refusal(of: request([], selector: StopSelector(all: true)))
        #expect(refused?.status == .invalidArgument)
        #expect(
            refused?.message == "selector: selects more than 10000 tasks, the limit with atomic_accept.")
        #expect(stage.store.batchWrites == 0)
        #expect(try await stage.batch(orNil: "b") == nil, "the same request may be sent again")
    }

    // MARK: - While others write

    @Test func aTaskThatChangedMeanwhileIsDecidedAgain() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(3), .incrementalMigration)
        let rivals = Mutex(0)
        stage.store.before { [stage] _, _ in
            let turn = rivals.withLock { count in
                count += 1
                return count
            }
            if turn <= 2 { try await stage.touch("t1") }
        }
        let told = try await stage.stop(request(ids(3)))
        #expect(told.summary == BatchSummary(items: 3, accepted: 3) && stage.store.batchWrites == 3)
        let states = try await stage.store.states(of: ids(3))
        #expect(Set(states.map { $0?.record.revision }).count == 1, "in the same write after all")
    }

    @Test func aTaskThatRefusesMeanwhileLeavesAllAlone() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(3), .faultRectification)
        stage.store.before { [stage] _, _ in
            _ = try await stage.ledger.write("t1", actor: "cutover") { state in
                var state = state
                state.record.repairRunning = true
                return TaskTransition(state: state, action: "rival")
            }
        }
        let told = try await stage.stop(request(ids(3)))
        #expect(told.results == ["t0": .notAttempted, "t1": .rejected, "t2": .notAttempted])
        #expect(try await stage.store.states(of: ids(3)).allSatisfy { $0?.stop == nil })
    }

    @Test func aTaskThatNeverRestsEndsTheTrying() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(2), .incrementalMigration)
        stage.store.before { [stage] _, _ in try await stage.touch("t1") }
        let refused = try await stage.refusal(of: request(ids(2)))
        #expect(refused?.status == .aborted && refused?.reason == "CONTENDED")
        #expect(stage.store.batchWrites == TaskLedger.maxRetries)
        #expect(try await stage.batch(orNil: "b") == nil)
        #expect(try await stage.store.states(of: ids(2)).allSatisfy { $0?.stop == nil })
        stage.store.before(nil)
        #expect(try await stage.stop(request(ids(2))).summary?.accepted == 2, "the same request, sent again")
    }

    /// The write was durable, and whoever wrote did not learn of it.
    @Test func aLostAnswerIsFoundAgain() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(3), .incrementalMigration)
        stage.store.after { _, _ in throw Lost() }
        let answer = try await stage.refusal(of: request(ids(3)))
        #expect(answer?.status == .internal)
        let next = try await stage.restarted()
        async let told = next.stop(request(ids(3), wait: true))
        for id in ids(3) { try await next.end(id) }
        let events = try await told
        #expect(events.accepted?.resumed == true && events.summary == BatchSummary(items: 3, stopped: 3))
        #expect(next.store.batchWrites <= 1 + 3, "accepted once, then followed")
        await next.batches.shutDown()
    }
}
