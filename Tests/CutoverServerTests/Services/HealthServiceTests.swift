import CutoverModel
@testable import CutoverServer
import CutoverRPC
import CutoverServices
import CutoverWire
import Synchronization
import Testing

@Suite struct HealthServiceTests {
    private final class Told: Sendable {
        let statuses = Mutex<[ServingStatus]>([])
        var all: [ServingStatus] { statuses.withLock { $0 } }
    }

    private static let call = CallContext(
        method: HealthMethods.watch, deadline: nil, metadata: Metadata(), remoteAddress: "unix", identity: nil)

    private func watch(_ health: HealthService, _ told: Told) -> Task<Void, any Error> {
        Task {
            try await health.watch(
                HealthCheckRequest(), context: Self.call,
                writer: ItemWriter { item in told.statuses.withLock { $0.append(item.status) } })
        }
    }

    private func reach(_ told: Told, count: Int) async throws {
        for _ in 0..<10_000 where told.all.count < count { try await Task.sleep(for: .milliseconds(1)) }
        #expect(told.all.count == count)
    }

    @Test func aWatcherIsToldAtOnceAndAtTheEnd() async throws {
        let health = HealthService()
        let told = Told()
        let watcher = watch(health, told)
        try await reach(told, count: 1)
        #expect(try health.check(HealthCheckRequest(), context: Self.call).status == .serving)
        health.stopServing()
        try await watcher.value
        #expect(told.all == [.serving, .notServing], "the stream ends after it")
        #expect(try health.check(HealthCheckRequest(), context: Self.call).status == .notServing)
    }

    @Test func whoComesLateIsToldTheEndAlone() async throws {
        let health = HealthService()
        health.stopServing()
        let told = Told()
        try await watch(health, told).value
        #expect(told.all == [.notServing])
    }

    @Test func aWatcherThatLeftHoldsNobodyUp() async throws {
        let health = HealthService()
        let (first, second) = (Told(), Told())
        let leaving = watch(health, first)
        let staying = watch(health, second)
        try await reach(first, count: 1)
        try await reach(second, count: 1)
        leaving.cancel()
        _ = await leaving.result
        health.stopServing()
        try await staying.value
        #expect(first.all == [.serving] && second.all == [.serving, .notServing])
    }
}
