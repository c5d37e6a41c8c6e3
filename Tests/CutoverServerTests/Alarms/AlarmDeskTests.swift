import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Foundation
import Testing

@Suite struct AlarmDeskTests {
    /// From the settings to the receiver, over a restart of the whole.
    @Test func whatHappensToATaskReachesTheReceiver() async throws {
        let receiver = try WebhookReceiver()
        defer { receiver.close() }
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try directory.write("secret", "0123456789abcdef")
        chmod(directory.path + "/secret", 0o600)
        var configuration = ServerConfiguration()
        for (name, value) in [
            "alarm_interval_ms": "100", "webhook_url": receiver.url, "webhook_secret_file": directory.path + "/secret",
        ] { try configuration.set(name, to: value) }
        let stage = AlarmStage()
        try await stage.put(.incrementalMigrationFailed, failure: "DIVERGENCE")

        func desk() async throws -> AlarmDesk {
            let clock = stage.clock
            return try await AlarmDesk(
                configuration.alarms, store: stage.store, board: stage.board, logger: RecordingLog().logger,
                nowMs: { clock.nowMs })
        }
        let first = try await desk()
        await first.start()
        try await delivered(stage, receiver, 1)
        await first.shutDown()
        try await stage.put(.paused)
        let second = try await desk()
        #expect(second.changes.revision == 1)
        await second.start()
        try await delivered(stage, receiver, 2)
        await second.shutDown()
        let states = try receiver.requests.map { request in
            let body = try JSONSerialization.jsonObject(with: request.body) as? [String: Any]
            return body?["state"] as? String
        }
        #expect(states == ["raised", "cleared"])
    }

    /// Waits until so many requests came and nothing is owed any more: what is under way at the end is sent again.
    func delivered(_ stage: AlarmStage, _ receiver: WebhookReceiver, _ count: Int) async throws {
        try await receiver.waitFor(count)
        let deadline = ContinuousClock.now + .seconds(30)
        while try await !stage.store.deliveries(dueBy: .max, limit: 1).isEmpty {
            guard ContinuousClock.now < deadline else { throw StageError.never("an empty outbox") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
