import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Synchronization
import Testing
import TestRandom

@Suite struct BatchRunnerTests {
    private func ids(_ count: Int, _ prefix: String = "t") -> [String] { (0..<count).map { "\(prefix)\($0)" } }

    @Test func aGroupOfStopsIsOneDurableWrite() async throws {
        let stage = await BatchStage()
        let tasks = ids(2_500)
        try await stage.add(tasks)
        let told = try await stage.stop(BatchStopRequest(taskIds: tasks + ["t7", "gone"], requestId: "b", wait: true))
        #expect(stage.store.batchWrites == 4, "the batch, and three groups")
        #expect(told.accepted?.items == 2_501 && told.accepted?.duplicates == 1 && told.accepted?.resumed == false)
        #expect(told.items.map(\.taskId) == tasks + ["gone"], "each once, in the order given")
        #expect(told.items.allSatisfy { $0.final })
        #expect(told.summary == BatchSummary(items: 2_501, stopped: 2_500, unknown: 1))
        let batch = try await stage.batch("b")
        #expect(batch.state == .finished && batch.summary == told.summary)
        #expect(try await stage.store.auditHead().sequence == 2_500, "one receipt a task")
    }

    /// The next group is made while one is written; what changed since then is decided anew.
    @Test func aTaskThatChangedAfterItsGroupWasMadeIsDecidedAsItIs() async throws {
        let stage = await BatchStage()
        let tasks = ids(3_000)
        try await stage.add(tasks)
        let groups = Mutex(0)
        let store = stage.store
        store.before { _, writes in
            guard !writes.isEmpty else { return }
            let group = groups.withLock { count in
                count += 1
                return count
            }
            guard group == 1 else { return }
            while store.groupReads < 2 { try await Task.sleep(for: .milliseconds(1)) }
            try await stage.stopAlone("t1500", StopOrder(stopID: "single", requestID: "r", actor: "bob"))
            try await stage.touch("t1600")
        }
        let told = try await stage.stop(BatchStopRequest(taskIds: tasks, requestId: "b", wait: true))
        #expect(told.summary == BatchSummary(items: 3_000, stopped: 2_999, alreadyStopped: 1))
        #expect(told.last["t1500"]?.stopId == "single" && told.results["t1600"] == .stopped)
        #expect(groups.withLock { $0 } > 3, "the second group was refused, and made again")
        #expect(try await stage.store.auditHead().sequence == 3_000)
    }

    /// Somebody cancels while the next group is made already.
    @Test func aBatchThatIsCancelledWritesNoGroupThatWasMadeBefore() async throws {
        let stage = await BatchStage()
        let tasks = ids(3_000)
        try await stage.add(tasks)
        let groups = Mutex(0)
        let store = stage.store
        store.after { _, writes in
            guard !writes.isEmpty else { return }
            let group = groups.withLock { count in
                count += 1
                return count
            }
            guard group == 1 else { return }
            while store.groupReads < 2 { try await Task.sleep(for: .milliseconds(1)) }
            try await stage.cancel("b", reason: "enough")
        }
        let told = try await stage.stop(BatchStopRequest(taskIds: tasks, requestId: "b", wait: true))
        #expect(told.summary == BatchSummary(items: 3_000, stopped: 1_000, notAttempted: 2_000))
        #expect(groups.withLock { $0 } == 1)
        #expect(try await stage.status("t1000") == .pendingStart)
    }

    @Test func stopsAreFollowedToTheirEnds() async throws {
        let stage = await BatchStage()
        let tasks = ids(4)
        try await stage.add(tasks, .incrementalMigration)
        async let told = stage.stop(BatchStopRequest(taskIds: tasks, requestId: "b", wait: true))
        try await stage.reach("running", "b") { $0.state == .running }
        #expect(try await stage.items("b").allSatisfy { $0.result == .accepted && !$0.final })
        for (id, ending) in zip(tasks, BatchStage.Ending.allCases) { try await stage.end(id, ending) }
        let events = try await told
        #expect(events.results == ["t0": .stopped, "t1": .failed, "t2": .withdrawn, "t3": .withdrawn])
        #expect(events.items.filter(\.final).count == 4, "one last word a task")
        #expect(events.last["t0"]?.drained == true && events.last["t0"]?.undrained == false)
        #expect(events.last["t2"]?.error?.reason == "DRAIN_DEADLINE")
        #expect(try await stage.finished("b").summary == BatchSummary(items: 4, stopped: 1, failed: 1, withdrawn: 2))
        #expect(try await stage.status("t3") == .incrementalMigration)
    }

    @Test func noMoreAreInProgressThanAllowed() async throws {
        let stage = await BatchStage()
        let seed = UInt64.random(in: 0 ..< .max)
        print("seed \(seed)")
        let random = Mutex(SplitMix64(seed: seed))
        // Also tasks that end with their write, or cannot be stopped: they take no place.
        let running = ids(260, "r")
        try await stage.add(running, .fullMigration)
        try await stage.add(ids(50, "p"))
        let tasks = (running + ids(50, "p") + ids(50, "gone")).shuffled()
        let most = Mutex(0)
        let base = stage.store.base
        stage.store.after { batch, _ in
            let states = try await base.states(of: running)
            let now = states.count { $0?.record.status == .stopping }
            most.withLock { $0 = max($0, now) }
        }
        async let told = stage.stop(BatchStopRequest(taskIds: tasks, requestId: "b", wait: true, maxParallel: 7))
        while try await stage.batch(orNil: "b")?.state != .finished {
            let stopping = try await base.states(of: running).compactMap { $0 }.filter { $0.record.status == .stopping }
            if let one = random.withLock({ stopping.randomElement(using: &$0) }) { try await stage.end(one.record.id) }
            await Task.yield()
        }
        let events = try await told
        #expect(most.withLock { $0 } == 7, "seed \(seed)")
        #expect(events.summary == BatchSummary(items: 360, stopped: 310, unknown: 50, undrained: 260))
    }

    @Test func tooManyFailuresEndTheAccepting() async throws {
        let stage = await BatchStage()
        let tasks = ids(300)
        try await stage.add(tasks, .incrementalMigration)
        let request = BatchStopRequest(taskIds: tasks, requestId: "b", wait: true, maxParallel: 4, stopAfterFailures: 2)
        async let told = stage.stop(request)
        try await stage.reach("full", "b") { $0.summary?.accepted == 4 }
        // Called off by somebody: no failure of the batch.
        for id in ["t0", "t1", "t2"] { try await stage.end(id, .calledOff) }
        try await stage.reach("refilled", "b") { $0.summary?.withdrawn == 3 && $0.summary?.accepted == 4 }
        try await stage.end("t3", .failed)
        try await stage.reach("refilled", "b") { $0.summary?.failed == 1 && $0.summary?.accepted == 4 }
        try await stage.end("t4", .deadline)
        let given = try await stage.reach("given up", "b") { $0.summary?.pending == 0 }
        #expect(given.state == .running && given.summary?.accepted == 3 && given.summary?.notAttempted == 292)
        for id in ["t5", "t6", "t7"] { try await stage.end(id) }
        let events = try await told
        #expect(
            events.summary == BatchSummary(items: 300, stopped: 3, failed: 1, withdrawn: 4, notAttempted: 292))
        #expect(events.last["t299"]?.error?.reason == "TOO_MANY_FAILURES")
        #expect(try await stage.status("t299") == .incrementalMigration)
    }

    /// A rival changes a task of the group while it is decided, again and again.
    @Test func aStopThatIsTakenUpFromSomebodyElseIsFollowedAmongRivals() async throws {
        let stage = await BatchStage()
        try await stage.add(["failed", "other"], .incrementalMigration)
        let single = StopOrder(stopID: "single", requestID: "r", actor: "bob")
        _ = try await stage.ledger.write("failed", actor: "bob") { state in
            guard case .accepted(let transition) = try StopMachine.decide(single, for: state, nowMs: 1) else {
                throw StageError.notAccepted
            }
            return transition
        }
        try await stage.end("failed", .failed)
        let groups = Mutex(0)
        stage.store.before { _, writes in
            guard !writes.isEmpty else { return }
            let count = groups.withLock { count in
                count += 1
                return count
            }
            if count < 3 { try await stage.touch("other") }
        }
        async let told = stage.stop(BatchStopRequest(taskIds: ["failed", "other"], requestId: "b", wait: true))
        try await stage.reach("accepted", "b") { $0.summary?.accepted == 2 }
        #expect(try await stage.items("b").map(\.result) == [.accepted, .accepted])
        #expect(try await stage.items("b").first?.stopId == "single")
        for id in ["failed", "other"] { try await stage.end(id) }
        #expect(try await told.summary == BatchSummary(items: 2, stopped: 2))
    }

    // MARK: - Cancelling

    @Test func aCancelledBatchFinishesWhatItAccepted() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(120), .incrementalMigration)
        async let told = stage.stop(
            BatchStopRequest(taskIds: ids(120), requestId: "b", wait: true, maxParallel: 2))
        try await stage.reach("full", "b") { $0.summary?.accepted == 2 }
        let cancelled = try await stage.cancel("b", reason: "wrong list")
        #expect(cancelled.cancelled && cancelled.cancelledBy == "ann" && cancelled.cancelledReason == "wrong list")
        try await stage.reach("given up", "b") { $0.summary?.notAttempted == 118 }
        #expect(try await stage.status("t0") == .stopping)
        #expect(try await stage.status("t1") == .stopping)
        try await stage.end("t0")
        try await stage.end("t1")
        #expect(try await told.summary == BatchSummary(items: 120, stopped: 2, notAttempted: 118))
        #expect(
            try await stage.cancel("b", reason: "again", withdraw: true).state == .finished, "nothing left to cancel")
        #expect(try await stage.batch("b").cancelledReason == "wrong list")
    }

    @Test func aCancelThatWithdrawsCallsOffWhatCanBe() async throws {
        let stage = await BatchStage()
        try await stage.add(["early", "another"], .incrementalMigration)
        try await stage.add(["late"], .fullMigration)
        try await stage.add(["rest"], .incrementalMigration)
        async let told = stage.stop(
            BatchStopRequest(taskIds: ["early", "late", "another", "rest"], requestId: "b", wait: true, maxParallel: 3))
        try await stage.reach("full", "b") { $0.summary?.accepted == 3 }
        try await stage.cancel("b", reason: "no")
        let again = try await stage.cancel("b", reason: "really", withdraw: true)
        #expect(again.withdraws && again.cancelledReason == "no", "the reason is that of the first")
        try await stage.reach("withdrawn", "b") { $0.summary?.withdrawn == 2 }
        #expect(try await stage.status("early") == .incrementalMigration)
        #expect(try await stage.status("late") == .stopping, "past its point of no return")
        try await stage.end("late")
        let events = try await told
        #expect(
            events.results == ["early": .withdrawn, "late": .stopped, "another": .withdrawn, "rest": .notAttempted])
        #expect(events.last["rest"]?.error?.reason == "BATCH_CANCELLED")
    }

    // MARK: - Selecting

    @Test func aSelectorNamesItsTasksAsItGoes() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(2_100, "shop-"), labels: [TaskLabel(key: "team", value: "a")])
        try await stage.add(ids(50, "crm-"), labels: [TaskLabel(key: "team", value: "a")])
        try await stage.add(["shop-other"], labels: [TaskLabel(key: "team", value: "b")])
        try await stage.add(["shop-late"], labels: [TaskLabel(key: "team", value: "a")], createdAtMs: .max)
        let selector = StopSelector(nameGlob: "shop-*", labels: [TaskLabel(key: "team", value: "a")])
        let told = try await stage.stop(
            BatchStopRequest(taskIds: ["shop-5", "crm-1"], requestId: "b", wait: true, selector: selector))
        #expect(told.accepted?.items == 2)
        #expect(told.items.map(\.taskId).prefix(2) == ["shop-5", "crm-1"], "those named come first, and once")
        #expect(told.items.count == 2_101 && Set(told.items.map(\.taskId)).count == 2_101)
        #expect(told.summary == BatchSummary(items: 2_101, stopped: 2_101))
        #expect(try await stage.status("shop-other") == .pendingStart)
        #expect(try await stage.status("shop-late") == .pendingStart, "created after the batch began")
        #expect(try await stage.status("crm-2") == .pendingStart)
        // The listing leaves out shop-5, which was named and has ended: 2100 tasks are left, shop-late among them.
        #expect(stage.store.batchWrites == 5, "the batch, what was named, and three pages of the listing")
    }

    /// Those named go on when the selector is asked, and fit it too; also in a process that did not name them itself.
    @Test(arguments: [false, true]) func aTaskThatIsNamedAndSelectedIsOneItem(isRestarted: Bool) async throws {
        var stage = await BatchStage()
        try await stage.add(ids(5), .fullMigration)
        let request = BatchStopRequest(
            taskIds: ["t1", "t3"], requestId: "b", selector: StopSelector(nameGlob: "t*"), maxParallel: 2)
        let (now, named) = (stage, Task { [stage] in try await stage.stop(request) })
        try await stage.reach("named", "b") { $0.summary?.accepted == 2 }
        if isRestarted { stage = try await stage.restarted() }
        for id in ["t1", "t0", "t3", "t2", "t4"] {
            let store = stage.store
            try await stage.reach("\(id) accepted", "b") { _ in try await store.state(of: id)?.stop != nil }
            try await stage.end(id)
        }
        #expect(try await stage.finished("b").summary == BatchSummary(items: 5, stopped: 5, undrained: 5))
        #expect(try await stage.items("b").map(\.taskId) == ["t1", "t3", "t0", "t2", "t4"])
        named.cancel()
        _ = await named.result
        await now.batches.shutDown()
        await stage.batches.shutDown()
    }

    @Test func aSelectorThatFindsNothingFinishes() async throws {
        let stage = await BatchStage()
        try await stage.add(["a"])
        let told = try await stage.stop(
            BatchStopRequest(requestId: "b", wait: true, selector: StopSelector(nameGlob: "none*")))
        #expect(told.items.isEmpty && told.summary == BatchSummary())
        #expect(try await stage.batch("b").state == .finished)
    }

    @Test func aCancelledSelectorNamesNothingMore() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(500), .incrementalMigration)
        async let told = stage.stop(
            BatchStopRequest(requestId: "b", wait: true, selector: StopSelector(all: true), maxParallel: 3))
        try await stage.reach("full", "b") { $0.summary?.accepted == 3 }
        try await stage.cancel("b", reason: "", withdraw: true)
        let events = try await told
        #expect(events.summary == BatchSummary(items: 100, withdrawn: 3, notAttempted: 97), "one page was named")
    }

    @Test func overridesHoldForNamedAndForSelectedTasks() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(30), .incrementalMigration)
        let told = try await stage.stop(
            BatchStopRequest(
                taskIds: ["t1"], requestId: "b", drainDeadlineMs: 9_000, selector: StopSelector(nameGlob: "t?"),
                overrides: [
                    StopOverride(taskId: "t1", mode: .forced, reason: "broken"),
                    StopOverride(taskId: "t5", drainDeadlineMs: 77),
                ]))
        #expect(told.accepted?.items == 2, "an override names its task")
        #expect(Set(told.items.map(\.taskId)) == Set(ids(10)))
        let stops = try await stage.store.states(of: ["t1", "t5", "t6"]).map { $0?.stop }
        #expect(stops.map { $0?.modeTaken } == [.forced, .graceful, .graceful])
        #expect(stops.map { $0?.drainDeadlineMs } == [9_000, 77, 9_000])
        #expect(stops.map { $0?.reason } == ["broken", "", ""])
        #expect(stops.allSatisfy { $0?.batchId == "b" && $0?.requestId == "b" && $0?.actor == "ann" })
    }

    /// The server's default is for new stops: one that is retried has its own, unless the batch or an override names another.
    @Test(arguments: [false, true]) func aFailedStopThatIsRetriedKeepsItsDeadline(isAtomic: Bool) async throws {
        let stage = await BatchStage()
        let tasks = ["kept", "overridden"]
        try await stage.add(tasks + ["new"], .incrementalMigration)
        for id in tasks {
            try await stage.stopAlone(id, StopOrder(stopID: "s-\(id)", drainDeadlineMs: 5_000))
            try await stage.end(id, .failed)
        }
        var request = BatchStopRequest(
            taskIds: tasks + ["new"], requestId: "b1",
            overrides: [StopOverride(taskId: "overridden", drainDeadlineMs: 7_000)], atomicAccept: isAtomic)
        _ = try await stage.stop(request)
        var stops = try await stage.store.states(of: tasks + ["new"]).map { $0?.stop }
        #expect(stops.map { $0?.drainDeadlineMs } == [5_000, 7_000, 60_000])
        #expect(stops.map { $0?.drainDeadlineAtMs } == [5_000, 7_000, 60_000].map { stage.clock.nowMs + $0 })
        #expect(stops.map { $0?.id }.prefix(2) == ["s-kept", "s-overridden"], "retried")
        for id in tasks + ["new"] { try await stage.end(id, .failed) }
        request.requestId = "b2"
        request.drainDeadlineMs = 9_000
        _ = try await stage.stop(request)
        stops = try await stage.store.states(of: tasks + ["new"]).map { $0?.stop }
        #expect(stops.map { $0?.drainDeadlineMs } == [9_000, 7_000, 9_000])
        await stage.batches.shutDown()
    }

    // MARK: - The store

    @Test func aFullDiskHoldsABatchUpAndNoMore() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(10), .fullMigration)
        let failures = Mutex(0)
        stage.store.before { _, writes in
            guard !writes.isEmpty else { return }
            let count = failures.withLock { count in
                count += 1
                return count
            }
            if count < 3 { throw TaskStoreError(.full, "no room") }
        }
        async let told = stage.stop(BatchStopRequest(taskIds: ids(10), requestId: "b", wait: true))
        try await stage.reach("accepted", "b") { $0.summary?.accepted == 10 }
        for id in ids(10) { try await stage.end(id) }
        #expect(try await told.summary == BatchSummary(items: 10, stopped: 10, undrained: 10))
        #expect(failures.withLock { $0 } == 3)
    }

    @Test func aCompactedLogIsReadAnewFromTheStops() async throws {
        let base = InMemoryTaskStore(eventsKept: 20)
        let stage = await BatchStage(store: InterceptedStore(base: base))
        try await stage.add(ids(40), .fullMigration)
        async let told = stage.stop(BatchStopRequest(taskIds: ids(40), requestId: "b", wait: true))
        try await stage.reach("accepted", "b") { $0.summary?.accepted == 40 }
        // Far more changes than the log keeps, before anybody reads on.
        let isHeld = Mutex(true)
        stage.store.beforeEvents {
            while isHeld.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        }
        var writes: [TaskWrite] = []
        for id in ids(40) {
            guard let state = try await base.state(of: id), let stop = state.stop,
                let transition = StopMachine.apply(
                    .released(StopRelease(fenceEpoch: 3), nil), stopID: stop.id, mode: stop.modeTaken, to: state,
                    nowMs: 9)
            else { throw StageError.noTask }
            writes.append(stage.ledger.makeWrite(transition, before: state, actor: "cutover"))
        }
        _ = try await base.apply(writes)
        for index in 0..<200 { try await stage.add(["other\(index)"]) }
        await #expect(throws: TaskStoreError.self) { try await base.events(after: 1, limit: 1) }
        isHeld.withLock { $0 = false }
        #expect(try await told.summary == BatchSummary(items: 40, stopped: 40, undrained: 40))
    }
}
