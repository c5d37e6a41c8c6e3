import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Synchronization
import Testing
import TestRandom

/// Processes that end, stores that answer nobody, and rivals that are faster: whatever comes in between, each task of a batch has
/// one item, each accepted stop is followed to its end, and the summary is that of the items.
@Suite struct BatchCrashTests {
    struct Lost: Error {}

    /// The process ends right after its nth durable write, before it learns of it.
    @Test(arguments: 1...9) func aBatchIsTakenUpAfterEachOfItsWrites(write: Int) async throws {
        let stage = await BatchStage()
        let running = (0..<150).map { "r\($0)" }
        let pending = (0..<150).map { "p\($0)" }
        try await stage.add(running, .fullMigration)
        try await stage.add(pending)
        let request = BatchStopRequest(
            taskIds: running + ["gone"], requestId: "b", wait: true, selector: StopSelector(nameGlob: "p*"),
            maxParallel: 120)
        // From that write on, no answer comes and nothing more is written.
        let writes = Mutex(0)
        stage.store.before { _, _ in if writes.withLock({ $0 }) >= write { throw Lost() } }
        stage.store.after { _, _ in
            let count = writes.withLock { count in
                count += 1
                return count
            }
            if count >= write { throw Lost() }
        }
        let first = Task { try await stage.stop(request) }
        let base = stage.store.base
        for _ in 0..<10_000 where writes.withLock({ $0 }) < write {
            for id in running.prefix(60) { try await stage.end(id) }
            if try await base.batch(id: "b")?.batch?.state == .finished { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        let next = try await stage.restarted()
        first.cancel()
        _ = await first.result
        async let told = next.stop(request)
        try await drain(next, running, "b")
        let events = try await told
        #expect(events.accepted?.resumed == true)
        #expect(events.summary == BatchSummary(items: 301, stopped: 300, unknown: 1, undrained: 150))
        try await check(next, "b", tasks: running + pending + ["gone"])
        await next.batches.shutDown()
    }

    /// Random endings, rivals, lost answers and restarts; all that happens is in the seed, but the order of what runs at one time.
    @Test(arguments: 0..<12) func noItemIsLostAndNoneIsStoppedTwice(round: UInt64) async throws {
        let seed = UInt64.random(in: 0 ..< .max) &+ round
        print("batch crash seed \(seed)")
        let random = Mutex(SplitMix64(seed: seed))
        func pick(_ n: Int) -> Int { random.withLock { Int.random(in: 0..<n, using: &$0) } }
        var stage = await BatchStage()
        let named = (0..<130).map { "n\($0)" }
        let selected = (0..<230).map { "s\($0)" }
        for (index, id) in (named + selected).enumerated() {
            try await stage.add(
                [id], index % 3 == 0 ? .pendingStart : index % 3 == 1 ? .fullMigration : .incrementalMigration)
        }
        let request = BatchStopRequest(
            taskIds: named, requestId: "b", wait: true, selector: StopSelector(nameGlob: "s*"),
            maxParallel: UInt32([0, 3, 110][pick(3)]))
        var stream: Task<Void, Never>?
        for turn in 0..<6 {
            arm(stage, random, all: named + selected)
            stream?.cancel()
            let now = stage
            stream = Task { _ = try? await now.stop(request) }
            for _ in 0..<pick(25) {
                for state in try await stage.store.states(of: named + selected) {
                    guard let state, state.record.status == .stopping, pick(4) == 0 else { continue }
                    let endings: [BatchStage.Ending] = [.stopped, .stopped, .failed, .deadline, .calledOff]
                    let ending = endings[state.stop?.phase == .accepted ? pick(5) : pick(3)]
                    // A rival may have been there in between; the stop then ends another time.
                    try? await stage.end(state.record.id, ending)
                }
                try await Task.sleep(for: .milliseconds(pick(8)))
            }
            if turn == 4, pick(3) == 0 { _ = try? await stage.cancel("b", reason: "enough", withdraw: pick(2) == 0) }
            stage = try await stage.restarted()
        }
        stream?.cancel()
        let last = stage
        async let told = last.stop(request)
        try await drain(stage, named + selected, "b")
        _ = try await told
        let isCancelled = try await stage.batch("b").cancelled
        let items = try await stage.items("b")
        if !isCancelled { #expect(Set(items.map(\.taskId)) == Set(named + selected), "seed \(seed)") }
        #expect(Set(items.map(\.taskId)).count == items.count, "one item a task, seed \(seed)")
        try await check(stage, "b", tasks: named + selected, seed: seed)
        await stage.batches.shutDown()
    }

    /// A rival changes a task between reading and writing, again and again; answers get lost.
    private func arm(_ stage: BatchStage, _ random: borrowing Mutex<SplitMix64>, all: [String]) {
        let seed = random.withLock { $0.next() }
        let dice = Mutex(SplitMix64(seed: seed))
        stage.store.before { [stage] _, writes in
            guard let rival = dice.withLock({ $0.oneIn(2) ? writes.randomElement(using: &$0) : nil }) else { return }
            try await stage.touch(rival.record.id)
        }
        stage.store.after { _, _ in if dice.withLock({ $0.oneIn(12) }) { throw Lost() } }
    }

    /// Ends every stop that is in progress until the batch is over.
    private func drain(_ stage: BatchStage, _ tasks: [String], _ id: String) async throws {
        let base = stage.store.base
        let deadline = ContinuousClock.now + BatchStage.deadline
        while try await stage.batch(orNil: id)?.state != .finished {
            guard ContinuousClock.now < deadline else { throw StageError.never("finished") }
            for state in try await base.states(of: tasks) {
                guard let state, state.record.status == .stopping else { continue }
                do {
                    try await stage.end(state.record.id)
                } catch StageError.notAccepted {
                    // A cancelled batch withdraws its stops at the same time: what is left is looked at again.
                }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func check(_ stage: BatchStage, _ id: String, tasks: [String], seed: UInt64 = 0) async throws {
        let batch = try await stage.batch(id)
        let items = try await stage.items(id)
        #expect(batch.summary == BatchSummary(counting: items), "seed \(seed)")
        #expect(items.allSatisfy { $0.final && !$0.isPending }, "seed \(seed)")
        let byTask = Dictionary(items.map { ($0.taskId, $0) }, uniquingKeysWith: { first, _ in first })
        for task in tasks {
            let state = try await stage.store.state(of: task)
            let item = byTask[task]
            guard let stop = state?.stop else {
                let isNone = [nil, .unknownTask, .notAttempted].contains(item?.result)
                #expect(isNone, "\(task) has no stop but \(String(describing: item?.result)), seed \(seed)")
                continue
            }
            // Nobody but the batch stops here: each stop is the batch's, and its item says what became of it.
            #expect(stop.batchId == id && item?.stopId == stop.id, "\(task), seed \(seed)")
            let expected: StopItemResult? =
                switch stop.phase {
                case .stopped: .stopped
                case .failed: .failed
                case .withdrawn: .withdrawn
                default: nil
                }
            #expect(item?.result == expected, "\(task), seed \(seed)")
        }
    }
}
