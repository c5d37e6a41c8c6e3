import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import Synchronization
import Testing

@Suite struct BatchStreamTests {
    private func ids(_ count: Int) -> [String] { (0..<count).map { "t\($0)" } }

    /// Opens a stream whose events are gathered while it goes on.
    private func open(_ stage: BatchStage, _ request: BatchStopRequest) -> (Recorder, Task<Void, any Error>) {
        let events = Recorder()
        let service = stage.service
        let task = Task {
            try await service.batchStop(
                request, context: BatchStage.call(), writer: ItemWriter { events.add($0) })
        }
        return (events, task)
    }

    @Test func withoutWaitTheStreamEndsWhenEachTaskIsDecided() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(3), .fullMigration)
        try await stage.add(["p"])
        let told = try await stage.stop(BatchStopRequest(taskIds: ids(3) + ["p"], requestId: "b"))
        #expect(told.items.count == 4 && told.items.allSatisfy { $0.final }, "no later message follows")
        #expect(told.summary == BatchSummary(items: 4, accepted: 3, stopped: 1))
        #expect(try await stage.batch("b").state == .running, "the server goes on")
        for id in ids(3) { try await stage.end(id) }
        #expect(try await stage.finished("b").summary == BatchSummary(items: 4, stopped: 4, undrained: 3))
    }

    @Test func aStreamTakenUpAgainTellsEverythingAgain() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(1_500))
        try await stage.add(["r"], .fullMigration)
        let request = BatchStopRequest(taskIds: ids(1_500) + ["r"], requestId: "b", wait: true)
        let (events, broken) = open(stage, request)
        try await stage.reach("decided", "b") { $0.state == .running }
        broken.cancel()
        _ = await broken.result
        #expect(events.all.first?.accepted?.resumed == false)
        async let again = stage.stop(request)
        async let watched = stage.watch("b")
        try await stage.end("r")
        let told = try await again
        #expect(told.accepted?.resumed == true && told.accepted?.items == 1_501)
        #expect(told.summary == BatchSummary(items: 1_501, stopped: 1_501, undrained: 1))
        #expect(told.last.count == 1_501)
        let seen = try await watched
        #expect(seen.results == told.results && seen.summary == told.summary)
        let later = try await stage.stop(request)
        #expect(later.results == told.results && later.items.count == 1_501, "one word a task once all is over")
    }

    /// The end of a stop came before the stream read its page, and the page did not say so yet.
    @Test func whatEndedBeforeItsPageWasReadIsToldAtOnce() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(2), .fullMigration)
        let store = stage.store
        let (record, pages) = BatchMachine.begin(
            BatchStopRequest(taskIds: ids(2)), id: "b", actor: "ann", duplicates: 0, fingerprint: [], nowMs: 1)
        var (decided, page) = (record, pages[0])
        for (index, id) in ids(2).enumerated() {
            let before = try #require(try await store.state(of: id))
            let order = StopOrder(stopID: "s\(id)", batchID: "b")
            guard
                case .write(let transition, let item) = BatchMachine.decide(
                    page.items[index], order, for: before, nowMs: 1)
            else { throw StageError.notAccepted }
            page.items[index] = item
            _ = try await store.apply([stage.ledger.makeWrite(transition, before: before, actor: "ann")])
        }
        try await stage.end("t0")
        decided.openPage = 1
        decided.batch?.state = .running
        decided.batch?.summary = BatchSummary(counting: page.items)
        _ = try await store.base.apply(
            BatchWrite(record: decided, expectedRevision: 0, pages: [page], actor: "ann", action: "test", atMs: 1),
            with: [], atomically: false)
        let events = Recorder()
        let context = stage.context
        let stream = Task {
            var stream = BatchStream(
                context: context, writer: ItemWriter { events.add($0) }, batchID: "b", waits: true)
            try await stream.run()
        }
        try await stage.bounded("told") {
            while events.all.count < 2 { try await Task.sleep(for: .milliseconds(1)) }
        }
        #expect(events.all.map { $0.item?.result } == [.stopped, .accepted])
        #expect(events.all.first?.item?.final == true, "its end was not waited for: it is in the past of the log")
        stream.cancel()
        _ = await stream.result
    }

    @Test func aSlowReaderSlowsNobody() async throws {
        let stage = await BatchStage()
        try await stage.add(ids(3_000))
        try await stage.add(["r"], .fullMigration)
        let gate = Mutex(false)
        let events = Recorder()
        let service = stage.service
        let request = BatchStopRequest(taskIds: ["r"] + ids(3_000), requestId: "b", wait: true)
        let slow = Task {
            try await service.batchStop(
                request, context: BatchStage.call(),
                writer: ItemWriter { event in
                    while !gate.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
                    events.add(event)
                })
        }
        try await stage.reach("decided", "b") { $0.state == .running }
        try await stage.end("r")
        try await stage.finished("b")
        #expect(events.all.isEmpty)
        gate.withLock { $0 = true }
        try await stage.bounded("the slow stream ended") { try await slow.value }
        let told = BatchEvents(events.all)
        #expect(told.items.count == 3_001, "it never heard that the first was in progress")
        #expect(told.summary == BatchSummary(items: 3_001, stopped: 3_001, undrained: 1))
    }

    @Test func aWatchForChangesLeavesOutWhatWasFinal() async throws {
        let stage = await BatchStage()
        try await stage.add(["p"])
        try await stage.add(["r"], .fullMigration)
        _ = try await stage.stop(BatchStopRequest(taskIds: ["p", "r"], requestId: "b"))
        async let watched = stage.watch("b", onlyChanges: true)
        // The watch has looked once when it has told what is in progress; then the stop ends.
        try await Task.sleep(for: .milliseconds(50))
        try await stage.end("r")
        let told = try await watched
        #expect(told.results == ["r": .stopped] && told.items.last?.final == true)
        #expect(told.summary == BatchSummary(items: 2, stopped: 2, undrained: 1), "all are counted")
        #expect(try await stage.watch("b", onlyChanges: true).items.isEmpty)
    }
}
