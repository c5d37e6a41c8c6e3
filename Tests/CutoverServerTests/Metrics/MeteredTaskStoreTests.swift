import CutoverMetrics
import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct MeteredTaskStoreTests {
    private func write(
        _ id: String, _ status: TaskStatus, from: TaskStatus = .unspecified, expected: UInt64 = 0,
        seals: ReceiptKind? = nil,
        mode: StopMode? = nil
    ) -> TaskWrite {
        TaskWrite(
            record: TaskRecord(id: id, status: status), expectedRevision: expected, from: from, actor: "a",
            action: "test", atMs: 1, stop: mode.map { Stop(id: "stop-\(id)", taskId: id, modeTaken: $0) }, seals: seals)
    }

    private func ended(_ text: String, _ outcome: String, _ mode: String) -> Bool {
        text.contains("\ncutover_stops_finished_total{mode=\"\(mode)\",outcome=\"\(outcome)\"} 1\n")
    }

    @Test func commitsAreTimedAndEndedStopsCounted() async throws {
        let registry = MetricsRegistry()
        let store = MeteredTaskStore(InMemoryTaskStore(), metrics: registry)
        let quiet = await registry.render()
        #expect(quiet.contains("\ncutover_stops_finished_total{mode=\"graceful\",outcome=\"stopped\"} 0\n"), "\(quiet)")
        _ = try await store.apply([
            write("a", .stopped, seals: .stopped, mode: .graceful),
            write("b", .stopped, seals: .stopped, mode: .forced),
            write("c", .incrementalMigration, seals: .withdrawn, mode: .graceful),
            write("d", .stopFailed, from: .stopping, mode: .graceful),
            write("e", .stopping, mode: .graceful),
        ])
        let text = await registry.render()
        #expect(ended(text, "stopped", "graceful") && ended(text, "stopped", "forced"), "\(text)")
        #expect(ended(text, "withdrawn", "graceful") && ended(text, "failed", "graceful"))
        #expect(text.contains("\ncutover_store_commit_duration_seconds_count 1\n"))
        // Lost, or only kept as it is: no stop ended.
        _ = try await store.apply([
            write("a", .stopped, expected: 77, seals: .stopped, mode: .graceful),
            write("d", .stopFailed, from: .stopFailed, expected: 1, mode: .graceful),
        ])
        let later = await registry.render()
        #expect(ended(later, "stopped", "graceful") && ended(later, "failed", "graceful"))
        #expect(later.contains("\ncutover_store_commit_duration_seconds_count 2\n"))
    }

    @Test func stopsOfABatchAreCountedAndFailuresToo() async throws {
        let registry = MetricsRegistry()
        let store = MeteredTaskStore(InMemoryTaskStore(), metrics: registry)
        let batch = BatchWrite(
            record: BatchRecord(batch: StopBatch(id: "batch")), expectedRevision: 0, actor: "a",
            action: "batch.accepted",
            atMs: 1)
        _ = try await store.apply(
            batch, with: [write("a", .stopped, seals: .stopped, mode: .graceful)], atomically: false)
        #expect(ended(await registry.render(), "stopped", "graceful"))
        await store.close()
        await #expect(throws: TaskStoreError.self) { try await store.apply([write("b", .configuration)]) }
        let text = await registry.render()
        #expect(text.contains("\ncutover_store_commit_failures_total 1\n"))
        #expect(text.contains("\ncutover_store_commit_duration_seconds_count 1\n"))
    }
}
