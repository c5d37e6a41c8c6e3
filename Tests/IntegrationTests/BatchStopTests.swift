import CutoverClient
import CutoverTestSupport
import Testing

extension Integration {
    @Suite("A batch of every kind")
    struct BatchStopTests {
        /// Incremental, paused, pending, failed, unknown and stopped tasks in one call over one connection.
        @Test func oneResultAnItem() async throws {
            let fixture = try await MigrationFixture()
            let client = fixture.client
            let running = 6
            for index in 0..<running {
                try await fixture.source.run(
                    "CREATE DATABASE d\(index)", "CREATE TABLE d\(index).t (id INT PRIMARY KEY, v INT)",
                    "INSERT INTO d\(index).t VALUES (1, 1), (2, 2)",
                    "CREATE TRIGGER d\(index).tr BEFORE INSERT ON d\(index).t FOR EACH ROW SET NEW.v = NEW.v + 1")
            }
            var expected: [String: StopItemResult] = [:]
            var tasks: [String] = []
            for index in 0..<running {
                let task = try await fixture.migrate(["d\(index)"])
                tasks.append(task)
                expected[task] = .stopped
            }
            for task in tasks.suffix(2) {
                _ = try await client.pauseTask(task)
                try await fixture.waitFor(task, .paused)
            }
            // One fails: its destination loses the row that the source changes.
            let failed = tasks[0]
            try await fixture.destination.run("DELETE FROM d0.t WHERE id = 1")
            try await fixture.source.run("UPDATE d0.t SET v = 9 WHERE id = 1")
            var status = TaskStatus.unspecified
            for _ in 0..<600 where status != .incrementalMigrationFailed {
                status = try await client.getTask(failed).status
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(status == .incrementalMigrationFailed)
            let stopped = try await client.createTask(named: "stopped before")
            #expect(try await client.stopTask(stopped.id).result == .stopped)
            expected[stopped.id] = .alreadyStopped
            var ids = tasks + [stopped.id, "no-such-task"]
            expected["no-such-task"] = .unknownTask
            while ids.count < 100 {
                let pending = try await client.createTask(named: "pending \(ids.count)")
                expected[pending.id] = .stopped
                ids.append(pending.id)
            }
            ids.append(ids[3])

            var results: [String: BatchItem] = [:]
            var summary: BatchSummary?
            var accepted: BatchAccepted?
            for try await event in client.batchStop(
                BatchStopRequest(taskIds: ids, mode: .auto, reason: "end of test", wait: true))
            {
                if let item = event.item, item.final {
                    #expect(results[item.taskId] == nil, "one final result an item")
                    results[item.taskId] = item
                }
                if let first = event.accepted { accepted = first }
                if let last = event.summary { summary = last }
            }
            #expect(accepted?.items == 100)
            #expect(accepted?.duplicates == 1)
            #expect(results.mapValues(\.result) == expected)
            #expect(results[failed]?.modeTaken == .forced)
            #expect(results[tasks[1]]?.modeTaken == .graceful)
            #expect(summary?.items == 100)
            #expect(summary?.stopped == 98)
            #expect(summary?.alreadyStopped == 1)
            #expect(summary?.unknown == 1)
            for task in tasks {
                let stop = try #require(try await client.getStop(taskID: task).receipt?.stop)
                #expect(stop.drained == (task != failed))
            }
            let moved = try await fixture.destination.value(
                "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema LIKE 'd_'")
            #expect(moved == "\(running - 1)")
        }
    }
}
