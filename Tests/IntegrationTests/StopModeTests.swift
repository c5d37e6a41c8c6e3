import CutoverClient
import CutoverTestSupport
import Testing

extension Integration {
    @Suite("Modes of a stop")
    struct StopModeTests {
        private func prepare(_ fixture: MigrationFixture) async throws -> String {
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) SELECT seq FROM app.seq_1_to_1000",
                "CREATE TRIGGER app.tr AFTER INSERT ON app.t FOR EACH ROW SET @x = 1",
                "CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM app.t WHERE v < 0")
            return try await fixture.migrate(["app"])
        }

        private func waitForInventory(_ fixture: MigrationFixture, _ task: String) async throws {
            for _ in 0..<200 {
                let plan = try await fixture.client.planStop(task, mode: .forced)
                if plan.objectsKnown, plan.triggers == 1, plan.events == 1 { return }
                try await Task.sleep(for: .milliseconds(50))
            }
            Issue.record("the plan never listed the trigger and the event")
        }

        @Test func anAbnormalTaskIsNotStoppedGracefullyAndAutoForces() async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            try await waitForInventory(fixture, task)
            try await fixture.destination.run("DELETE FROM app.t WHERE id = 5")
            try await fixture.source.run("UPDATE app.t SET v = -1 WHERE id = 5")
            var status = TaskStatus.unspecified
            for _ in 0..<600 where status != .incrementalMigrationFailed {
                status = try await fixture.client.getTask(task).status
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(status == .incrementalMigrationFailed)
            let refusal = await #expect(throws: CutoverError.self) {
                try await fixture.client.stopTask(task, mode: .graceful)
            }
            #expect(refusal?.reason == "TASK_ABNORMAL")
            #expect(refusal?.message.contains("Restore it first") == true)

            let stop = try #require(try await fixture.stop(task, mode: .auto).stop)
            #expect(stop.modeTaken == .forced)
            #expect(!stop.modeReason.isEmpty)
            #expect(!stop.drained)
            let residue = stop.objects.filter { $0.result == .leftBehind && ($0.kind == .trigger || $0.kind == .event) }
            #expect(residue.count == 2)
            #expect(residue.allSatisfy { $0.sql.contains("CREATE") })
            #expect(
                try await fixture.destination.value(
                    "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'app'") == "0")
        }

        /// The source may be frozen: a forced stop waits for nobody.
        @Test(arguments: [false, true])
        func aForcedStopLeavesNothingBehind(sourceFrozen: Bool) async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            try await waitForInventory(fixture, task)
            if sourceFrozen { fixture.source.freeze() }
            let began = ContinuousClock.now
            _ = try await fixture.client.stopTask(task, mode: .forced, reason: "must end now")
            let stop = try #require(try await fixture.receipt(task, seconds: 30).stop)
            print("forced stop, source frozen \(sourceFrozen): \(ContinuousClock.now - began)")
            if sourceFrozen { fixture.source.thaw() }
            #expect(stop.modeTaken == .forced)
            #expect(stop.fenceEpoch > 0)
            try await fixture.expectEventually(
                fixture.source, "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog%'",
                is: "0")
            try await fixture.expectEventually(
                fixture.destination, "SELECT COUNT(*) FROM information_schema.innodb_trx", is: "0")
            #expect(
                try await fixture.destination.value(
                    "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'app'") == "0")
            #expect(
                try await fixture.destination.value(
                    "SELECT COUNT(*) FROM information_schema.events WHERE event_schema = 'app'") == "0")
            let plain = try #require(stop.reason.isEmpty ? nil : stop.reason)
            #expect(plain == "must end now")
        }

        @Test func aForcedStopNeedsAReason() async throws {
            let fixture = try await MigrationFixture()
            let task = try await fixture.client.createTask(named: "pending")
            let refusal = await #expect(throws: CutoverError.self) {
                try await fixture.client.stopTask(task.id, mode: .forced)
            }
            #expect(refusal?.reason == "REASON_REQUIRED")
        }

        @Test func aStoppedTaskStaysStopped() async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            let receipt = try await fixture.stop(task)
            let client = fixture.client
            let calls: [@Sendable () async throws -> Void] = [
                { _ = try await client.resumeTask(task) }, { _ = try await client.startTask(task) },
                { _ = try await client.pauseTask(task) },
            ]
            for call in calls {
                let refusal = await #expect(throws: CutoverError.self) { try await call() }
                #expect(refusal?.reason == "TASK_STOPPED")
            }
            let spec = fixture.spec(["app"])
            let refusal = await #expect(throws: CutoverError.self) {
                _ = try await client.configureTask(task, spec: spec)
            }
            #expect(refusal?.reason == "TASK_STOPPED")
            let again = try await client.stopTask(task)
            #expect(again.result == .alreadyStopped)
            #expect(again.receipt == receipt)
            let actions = try await client.listActions(task)
            #expect(actions.actions.filter(\.available).map(\.action) == [.delete])
        }

        @Test func theSameRequestIsAnsweredTheSameAcrossARestart() async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            let request = "7b0d8bb4-6d6f-4ac6-8a37-3f0a1d2c9f10"
            let first = try await fixture.client.stopTask(task, reason: "move", requestID: request)
            let receipt = try await fixture.receipt(task)
            try await fixture.cutoverd.stop()
            try await fixture.cutoverd.startAgain()
            let again = try await fixture.client.stopTask(task, reason: "move", requestID: request)
            #expect(again.stop?.id == first.stop?.id)
            #expect(again.receipt == receipt)
            let refusal = await #expect(throws: CutoverError.self) {
                try await fixture.client.stopTask(task, reason: "something else", requestID: request)
            }
            #expect(refusal?.reason == "REQUEST_ID_REUSED")
        }
    }
}
