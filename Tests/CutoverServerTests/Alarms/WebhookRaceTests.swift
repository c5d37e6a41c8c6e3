import CutoverModel
@testable import CutoverServer
import CutoverSQLite
import CutoverTasks
import Foundation
import Synchronization
import Testing

/// Several deliverers over one outbox, in the order of events that hurts.
@Suite struct WebhookRaceTests {
    /// Answers once it may, and counts what it was given.
    final class HeldTransport: WebhookTransport {
        let posts = Mutex<[String]>([])
        let answers = Mutex(false)

        func post(_ message: WebhookMessage, to url: URL) async throws -> Int {
            posts.withLock { $0.append(message.headers[WebhookMessage.deliveryHeader] ?? "") }
            while !answers.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
            return 204
        }
    }

    /// Hands its second reading of what is owed out only when it may: by then it is old.
    final class SlowStore: ForwardingTaskStore {
        let base: any TaskStore = InMemoryTaskStore()
        let readings = Mutex(0)
        let isHeld = Mutex(true)

        func deliveries(dueBy nowMs: Int64, limit: Int) async throws -> [AlarmDelivery] {
            let due = try await base.deliveries(dueBy: nowMs, limit: limit)
            let reading = readings.withLock { count in
                count += 1
                return count
            }
            while reading == 2, isHeld.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
            return due
        }
    }

    private func condition(_ what: String, _ isMet: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while try await !isMet() {
            guard ContinuousClock.now < deadline else { throw StageError.never(what) }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// One reads that a change is owed; before it goes on, another has delivered it.
    @Test func aChangeThatEndedSinceItWasReadIsNotPostedAgain() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try directory.write("secret", "a secret of some length")
        chmod(directory.path + "/secret", 0o600)
        let (store, transport) = (SlowStore(), HeldTransport())
        let sender = WebhookSender(
            store: store,
            target: try WebhookTarget(url: "http://alarms.example/", secretFile: directory.path + "/secret"),
            transport: transport, changes: RevisionWaiters(revision: 0, limit: 100), logger: RecordingLog().logger,
            nowMs: { 1_000 })
        _ = try await store.saveAlarms([Alarm(id: "a1", kind: .lagHigh, taskId: "t", raisedAtMs: 1)], delivers: true)
        async let first = sender.deliverDue()
        try await condition("the first posts") { transport.posts.withLock { $0.count } == 1 }
        async let second = sender.deliverDue()
        try await condition("the second has read") { store.readings.withLock { $0 } == 2 }
        transport.answers.withLock { $0 = true }
        #expect(try await first == 1)
        store.isHeld.withLock { $0 = false }
        #expect(try await second == 0)
        #expect(transport.posts.withLock { $0 } == ["1"], "posted once")
    }
}
