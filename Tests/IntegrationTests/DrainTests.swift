import CutoverClient
import CutoverTestSupport
import Foundation
import Glibc
import Testing

extension Integration {
    @Suite("How far a stop drains, and for how long")
    struct DrainTests {
        /// A table that follows a source which is written to all the time.
        private func prepare(_ fixture: MigrationFixture) async throws -> String {
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) SELECT seq FROM app.seq_1_to_1000",
                "CREATE TRIGGER app.tr AFTER INSERT ON app.t FOR EACH ROW SET @x = 1",
                "CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY DO DELETE FROM app.t WHERE v < 0")
            return try await fixture.migrate(["app"])
        }

        /// Holds a read lock on the table at the destination until it is ended.
        private func lock(_ fixture: MigrationFixture) async throws -> ChildProcess {
            let child = try ChildProcess.start(
                "/bin/sh",
                [
                    "-c",
                    "exec mariadb --no-defaults -u root -S '\(fixture.destination.folder)/s' "
                        + "-e 'LOCK TABLES app.t READ; SELECT SLEEP(300)'",
                ], output: fixture.cutoverd.folder + "/lock")
            for _ in 0..<200 {
                let held = try await fixture.destination.value(
                    "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(300)%'")
                if held == "1" { return child }
                try await Task.sleep(for: .milliseconds(25))
            }
            throw TestSupportError("the lock was not taken")
        }

        private func waitForEnd(_ fixture: MigrationFixture, _ task: String) async throws -> StopTaskResponse {
            for _ in 0..<1_200 {
                let response = try await fixture.client.getStop(taskID: task)
                switch response.stop?.phase {
                case .stopped?, .withdrawn?, .failed?: return response
                default: try await Task.sleep(for: .milliseconds(50))
                }
            }
            throw TestSupportError("the stop never ended:\n\(fixture.cutoverd.log.suffix(3000))")
        }

        /// A table that is locked at the destination holds the drain up: what follows the deadline is the caller's to say.
        @Test(arguments: [OnDeadline.keepRunning, .stopUndrained, .force])
        func aLockedTableAndADeadline(_ policy: OnDeadline) async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            let lock = try await lock(fixture)
            try await fixture.source.run("INSERT INTO app.t (v) VALUES (7)", "INSERT INTO app.t (v) VALUES (8)")
            _ = try await fixture.client.stopTask(
                StopTaskRequest(
                    taskId: task, reason: "deadline", drainDeadlineMs: 6_000, drainTo: DrainTarget(point: .current),
                    onDeadline: policy))
            var blocker = ""
            for _ in 0..<400 where policy == .keepRunning && !blocker.contains("app.t") {
                let now = try await fixture.client.getStop(taskID: task).stop
                if now?.phase == .withdrawn { break }
                blocker = now?.blocker ?? ""
                try await Task.sleep(for: .milliseconds(25))
            }
            if policy == .stopUndrained {
                // Triggers need the table too: they are made once it is free.
                try await Task.sleep(for: .seconds(8))
                lock.signal(SIGKILL)
            }
            let response = try await waitForEnd(fixture, task)
            lock.signal(SIGKILL)
            let stop = try #require(response.receipt?.stop)
            #expect(stop.deadlinePassed)
            switch policy {
            case .keepRunning:
                #expect(blocker.contains("waiting for transaction") && blocker.contains("app.t"), "\(blocker)")
                #expect(response.result == .withdrawn && stop.failure?.code == "DRAIN_DEADLINE")
                #expect(stop.failure?.message.contains("app.t") == true, "\(stop.failure?.message ?? "")")
                try await fixture.waitFor(task, .incrementalMigration)
                let receipt = try await fixture.stop(task)
                #expect(receipt.stop?.drained == true && receipt.stop?.id != stop.id)
                #expect(try await fixture.destination.value("SELECT COUNT(*) FROM app.t") == "1002")
            case .stopUndrained:
                #expect(response.result == .stopped && stop.modeTaken == .graceful)
                #expect(stop.objects.contains { $0.kind == .trigger && $0.result == .created })
            default:
                #expect(response.result == .stopped && stop.modeTaken == .forced && !stop.drained)
                #expect(stop.objects.contains { $0.kind == .trigger && $0.result == .leftBehind })
            }
        }

        /// Under load, the destination is the source exactly at the GTID that was named.
        @Test func toAGTID() async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            let writer = SourceWriter(fixture.source) { turn in
                ["INSERT INTO app.t (v) VALUES (\(turn))", "UPDATE app.t SET v = v + 1 WHERE id = \(1 + turn % 900)"]
            }
            try await Task.sleep(for: .milliseconds(300))
            let now = try await fixture.source.value("SELECT @@gtid_binlog_pos") ?? ""
            let sequence = try #require(now.split(separator: "-").last.flatMap { UInt64($0) })
            let target = now.split(separator: "-").dropLast().joined(separator: "-") + "-\(sequence + 200)"
            _ = try await fixture.client.stopTask(
                StopTaskRequest(taskId: task, mode: .graceful, drainTo: DrainTarget(point: .gtid, gtid: target)))
            let stop = try #require(try await waitForEnd(fixture, task).receipt?.stop)
            try await writer.end()
            #expect(stop.drained && stop.requestedPosition == target && stop.appliedPosition == target)
            try await fixture.expectEqual(at: target, databases: ["app"])
        }

        /// The same with a time: the receipt says which position that came to.
        @Test func toATime() async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            let writer = SourceWriter(fixture.source) { turn in ["INSERT INTO app.t (v) VALUES (\(turn))"] }
            let time = (Int64(Date().timeIntervalSince1970) + 3) * 1_000
            _ = try await fixture.client.stopTask(
                StopTaskRequest(taskId: task, mode: .graceful, drainTo: DrainTarget(point: .time, timeMs: time)))
            let stop = try #require(try await waitForEnd(fixture, task).receipt?.stop)
            try await Task.sleep(for: .seconds(2))
            try await writer.end()
            #expect(stop.drained && !stop.requestedPosition.isEmpty)
            #expect(stop.requestedPosition == stop.appliedPosition)
            #expect(try await fixture.source.value("SELECT @@gtid_binlog_pos") != stop.requestedPosition)
            try await fixture.expectEqual(at: stop.requestedPosition, databases: ["app"])
        }

        /// Withdrawn in the middle of a drain, the task follows on with no row lost.
        @Test func aWithdrawnStopLosesNothing() async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            let lock = try await lock(fixture)
            try await fixture.source.run("INSERT INTO app.t (v) VALUES (7)")
            _ = try await fixture.client.stopTask(task, mode: .graceful)
            let cancelled = try await fixture.client.cancelStop(taskID: task, reason: "not yet")
            #expect(cancelled.result == .withdrawn && cancelled.stop?.withdrawnReason == "not yet")
            lock.signal(SIGKILL)
            try await fixture.waitFor(task, .incrementalMigration)
            try await fixture.source.run("INSERT INTO app.t (v) VALUES (8)")
            let receipt = try await fixture.stop(task, mode: .graceful)
            #expect(receipt.stop?.drained == true && receipt.sequence == 2)
            try await fixture.expectEqual(at: receipt.stop?.requestedPosition ?? "", databases: ["app"])
            let late = await #expect(throws: CutoverError.self) {
                try await fixture.client.cancelStop(taskID: task, reason: "now")
            }
            #expect(late?.reason == "PAST_NO_RETURN")
        }

        /// Rights that were taken away while the task runs: the stop is refused, and the task runs on.
        @Test(arguments: ["TRIGGER", "EVENT"])
        func aLostPrivilegeRefusesTheStop(_ privilege: String) async throws {
            let fixture = try await MigrationFixture()
            try await fixture.source.run(
                "CREATE USER mover@'127.0.0.1'", "GRANT ALL PRIVILEGES ON *.* TO mover@'127.0.0.1'",
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY, v INT)",
                "INSERT INTO app.t VALUES (1, 1)",
                "CREATE TRIGGER app.tr AFTER INSERT ON app.t FOR EACH ROW SET @x = 1")
            var spec = fixture.spec(["app"])
            spec.source?.user = "mover"
            let task = try await fixture.client.createTask(named: "rights", spec: spec).id
            try await fixture.waitFor(task, .pendingStart)
            _ = try await fixture.client.startTask(task)
            try await fixture.waitFor(task, .incrementalMigration)
            try await fixture.source.run("REVOKE \(privilege) ON *.* FROM mover@'127.0.0.1'")
            let refusal = await #expect(throws: CutoverError.self) {
                try await fixture.client.stopTask(task, mode: .graceful)
            }
            #expect(refusal?.reason == "PRIVILEGE_MISSING")
            #expect(refusal?.message.contains(privilege) == true, "\(refusal?.message ?? "")")
            try await fixture.source.run("INSERT INTO app.t VALUES (2, 2)")
            for _ in 0..<200 where try await fixture.destination.value("SELECT COUNT(*) FROM app.t") != "2" {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await fixture.destination.value("SELECT COUNT(*) FROM app.t") == "2", "the task runs on")
            #expect(try await fixture.client.getTask(task).status == .incrementalMigration)
        }

        /// What a forced stop left behind is made later, without the source.
        @Test func residueIsFinishedLater() async throws {
            let fixture = try await MigrationFixture()
            let task = try await prepare(fixture)
            for _ in 0..<200 {
                let plan = try await fixture.client.planStop(task, mode: .forced)
                if plan.triggers == 1, plan.events == 1 { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            let receipt = try await fixture.stop(task, mode: .forced, reason: "in a hurry")
            #expect(receipt.stop?.objects.contains { $0.result == .leftBehind } == true)
            try await fixture.source.stop()
            let finished = try await fixture.client.finishResidue(
                FinishResidueRequest(taskId: task, reason: "at leisure", requestId: "residue-1"))
            #expect(finished.stop?.residue.contains { $0.kind == .trigger && $0.result == .created } == true)
            #expect(finished.stop?.residue.contains { $0.kind == .event && $0.result == .created } == true)
            #expect(finished.receipt == receipt, "the first receipt stands")
            #expect(finished.addenda.map(\.sequence) == [2])
            #expect(
                try await fixture.destination.value(
                    "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = 'app'") == "1")
            #expect(try await fixture.client.getTask(task).status == .stopped)
        }
    }
}
