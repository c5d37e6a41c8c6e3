import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import CutoverWire
import Synchronization
import Testing

@Suite struct AlarmServiceTests {
    let stage = AlarmStage()
    var service: AlarmService { AlarmService(store: stage.store, changes: stage.changes) }

    static func context(_ method: RPCMethod) -> CallContext {
        CallContext(method: method, deadline: nil, metadata: Metadata(), remoteAddress: "unix", identity: nil)
    }

    /// Writes an alarm as the monitor does.
    @discardableResult
    func save(_ id: String, _ kind: AlarmKind = .lagHigh, task: String = "t1", cleared: Bool = false) async throws
        -> UInt64
    {
        let alarm = Alarm(id: id, kind: kind, taskId: task, raisedAtMs: 1, clearedAtMs: cleared ? 2 : 0, count: 1)
        let change = try #require(try await stage.store.saveAlarms([alarm], delivers: false).first?.change)
        stage.changes.advance(to: change)
        return change
    }

    func list(_ request: ListAlarmsRequest) async throws -> ListAlarmsResponse {
        try await service.listAlarms(request, context: Self.context(AlarmServiceMethods.listAlarms))
    }

    // MARK: - Listing

    @Test func pagesAndFilters() async throws {
        for number in 0..<25 {
            try await save("a\(number)", number.isMultiple(of: 2) ? .lagHigh : .workerLost, task: "t\(number % 5)")
        }
        try await save("a24", cleared: true)
        var request = ListAlarmsRequest(pageSize: 10)
        var ids: [String] = []
        repeat {
            let page = try await list(request)
            ids += page.alarms.map(\.id)
            #expect(page.change == 26)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        #expect(ids == (0..<24).reversed().map { "a\($0)" })
        #expect(try await list(ListAlarmsRequest(includeCleared: true)).alarms.first?.id == "a24")
        #expect(try await list(ListAlarmsRequest(taskId: "t3")).alarms.map(\.id) == ["a23", "a18", "a13", "a8", "a3"])
        #expect(try await list(ListAlarmsRequest(taskId: "t3", kinds: [.lagHigh])).alarms.map(\.id) == ["a18", "a8"])
        #expect(try await list(ListAlarmsRequest(taskId: "nobody")).alarms.isEmpty)
    }

    @Test func badRequestsAreRefused() async throws {
        for request in [
            ListAlarmsRequest(taskId: "a b"), ListAlarmsRequest(kinds: [.unspecified]),
            ListAlarmsRequest(kinds: [.unrecognized(99)]), ListAlarmsRequest(pageSize: 1_001),
            ListAlarmsRequest(pageToken: "x"), ListAlarmsRequest(pageToken: "0"),
            ListAlarmsRequest(pageToken: "18446744073709551615"),
        ] {
            await #expect { try await list(request) } throws: { ($0 as? RPCError)?.status == .invalidArgument }
        }
    }

    // MARK: - Watching

    /// Watches until so many alarms were sent; `body` runs once the first of them were.
    func watch(
        _ request: WatchAlarmsRequest, first: Int, total: Int, then body: @Sendable () async throws -> Void = {}
    ) async throws -> [Alarm] {
        let collector = AlarmCollector()
        let service = service
        let call = Task {
            try await service.watchAlarms(
                request, context: Self.context(AlarmServiceMethods.watchAlarms),
                writer: ItemWriter { event in collector.take(event) })
        }
        defer { call.cancel() }
        try await collector.waitFor(first)
        try await body()
        try await collector.waitFor(total)
        return collector.alarms
    }

    @Test func activeAlarmsFirstThenChanges() async throws {
        for number in 1...1_200 { try await save("a\(number)") }
        try await save("a7", cleared: true)
        try await save("a3")
        let seen = try await watch(WatchAlarmsRequest(), first: 1_199, total: 1_201) {
            try await save("late")
            try await save("a9", cleared: true)
        }
        #expect(seen.map(\.change) == seen.map(\.change).sorted(), "a lost connection is taken up from the last")
        #expect(!seen.prefix(1_199).contains { $0.clearedAtMs != 0 })
        #expect(Set(seen.prefix(1_199).map(\.id)).count == 1_199)
        #expect(seen.suffix(2).map(\.id) == ["late", "a9"])
        #expect(seen.last?.clearedAtMs == 2)
    }

    @Test func fromAPlaceNothingIsMissedAndNothingIsSentTwice() async throws {
        for number in 1...5 { try await save("a\(number)") }
        let seen = try await watch(WatchAlarmsRequest(afterChange: 2), first: 1, total: 103) {
            for number in 6...105 { try await save("a\(number)") }
        }
        #expect(seen.map(\.change) == Array(3...105))
    }

    @Test func filtersHoldForBothParts() async throws {
        try await save("a1", task: "t1")
        try await save("a2", task: "t2")
        try await save("a3", .workerLost, task: "t1")
        let request = WatchAlarmsRequest(taskId: "t1", kinds: [.lagHigh])
        let seen = try await watch(request, first: 1, total: 2) {
            try await save("b2", task: "t2")
            try await save("b3", .workerLost, task: "t1")
            try await save("b1", task: "t1")
        }
        #expect(seen.map(\.id) == ["a1", "b1"])
    }

    /// Such as the place in a store that an older backup has taken the place of.
    @Test func anUnknownPlaceBeginsWithTheActiveAlarms() async throws {
        try await save("a1")
        try await save("a2", cleared: true)
        let seen = try await watch(WatchAlarmsRequest(afterChange: 900), first: 1, total: 2) { try await save("a3") }
        #expect(seen.map(\.id) == ["a1", "a3"])
    }

    @Test func aWatchEndsWithItsCall() async throws {
        let service = service
        let call = Task {
            try await service.watchAlarms(
                WatchAlarmsRequest(), context: Self.context(AlarmServiceMethods.watchAlarms),
                writer: ItemWriter { _ in })
        }
        call.cancel()
        _ = await call.result
        #expect(stage.changes.count == 0)
    }
}

/// Keeps the alarms that are sent.
private final class AlarmCollector: Sendable {
    private let taken = Mutex<[Alarm]>([])

    var alarms: [Alarm] { taken.withLock { $0 } }

    func take(_ event: WatchAlarmsEvent) {
        guard let alarm = event.alarm else { return }
        taken.withLock { $0.append(alarm) }
    }

    func waitFor(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while alarms.count < count {
            guard ContinuousClock.now < deadline else {
                throw StageError.never("\(count) alarms, \(alarms.count) came")
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
