import CutoverClient
import CutoverTestSupport
import Foundation
import Testing

extension Integration {
    @Suite("Alarms of real tasks")
    struct AlarmTests {
        static let settings = [
            "CUTOVER_ALARM_INTERVAL_MS": "200", "CUTOVER_ALARM_UNREACHABLE_MS": "1000",
            "CUTOVER_ALARM_STOP_STUCK_MS": "2000",
        ]

        func follow(_ fixture: MigrationFixture) async throws -> String {
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) VALUES (1)")
            return try await fixture.migrate(["app"])
        }

        /// Lists again and again until what is listed fits.
        func alarms(
            _ fixture: MigrationFixture, _ what: String, seconds: Int = 120, _ fits: ([Alarm]) -> Bool
        ) async throws -> [Alarm] {
            let deadline = ContinuousClock.now + .seconds(seconds)
            var last: [Alarm] = []
            while ContinuousClock.now < deadline {
                last = try await fixture.client.listAlarms(ListAlarmsRequest(includeCleared: true)).alarms
                if fits(last) { return last }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw TestSupportError("waited for \(what); there are \(last)\n\(fixture.cutoverd.log.suffix(3000))")
        }

        /// Raised once although every attempt of the repair looks healthy for a moment, kept by a server that was killed,
        /// cleared when the source is back.
        @Test func aSourceThatGoesAwayAndComesBack() async throws {
            let fixture = try await MigrationFixture(environment: Self.settings)
            let task = try await follow(fixture)
            let watch = Task { [client = fixture.client] in
                var seen: [Alarm] = []
                for try await event in client.watchAlarms() {
                    if let alarm = event.alarm { seen.append(alarm) }
                    if seen.last?.clearedAtMs ?? 0 > 0 { break }
                }
                return seen
            }
            try await fixture.source.crash()
            let raised = try #require(try await alarms(fixture, "an alarm") { !$0.isEmpty }.first)
            #expect(raised.kind == .sourceUnreachable && raised.taskId == task && raised.clearedAtMs == 0)
            try await fixture.cutoverd.crash()
            try await fixture.cutoverd.startAgain()
            try await fixture.waitFor(task, .faultRectification)
            try await fixture.waitFor(task, .incrementalMigration)
            #expect(try await alarms(fixture, "the same alarm") { $0.count == 1 }.first?.id == raised.id)
            try await fixture.source.startAgain()
            let cleared = try await alarms(fixture, "the end of the alarm") { $0.first?.clearedAtMs ?? 0 > 0 }
            #expect(cleared.map(\.id) == [raised.id])
            #expect(cleared.first?.clearedReason == "the source can be reached again")
            let seen = try await watch.value
            #expect(seen.first?.id == raised.id && seen.last == cleared.first)
            try await fixture.source.run("INSERT INTO app.t (v) VALUES (2)")
            try await fixture.expectEventually(
                fixture.destination, "SELECT COUNT(*) FROM app.t", is: "2", seconds: 60)
        }

        /// The maintenance window: what goes away after a stop was accepted is expected; a stop that gets stuck is not.
        @Test func noAlarmForATaskThatIsBeingStoppedButThatTheStopIsStuck() async throws {
            let fixture = try await MigrationFixture(environment: Self.settings)
            let task = try await follow(fixture)
            let lock = try await fixture.destination.connect()
            try await lock.execute("LOCK TABLES app.t WRITE", as: "lock")
            try await fixture.source.run("INSERT INTO app.t (v) VALUES (2)")
            _ = try await fixture.client.stopTask(task, mode: .graceful)
            try await fixture.waitFor(task, .stopping)
            try await fixture.source.crash()
            let stuck = try await alarms(fixture, "a stuck stop") { !$0.isEmpty }
            #expect(stuck.map(\.kind) == [.stopStuck])
            // Many looks long, nothing else is said.
            try await Task.sleep(for: .seconds(3))
            #expect(try await alarms(fixture, "no other alarm") { _ in true }.map(\.kind) == [.stopStuck])
            await lock.close()
            _ = try await fixture.client.stopTask(task, mode: .forced, reason: "the source is gone")
            _ = try await fixture.receipt(task)
            let ended = try await alarms(fixture, "the end of the alarm") { $0.allSatisfy { $0.clearedAtMs > 0 } }
            #expect(ended.map(\.kind) == [.stopStuck])
        }

        @Test func theAuditLogOfAStoppedServerIsVerified() async throws {
            let cutoverd = try await CutoverdProcess()
            let client = try cutoverd.client()
            for name in ["a", "b"] {
                let task = try await client.createTask(named: name)
                _ = try await client.stopTask(task.id, timeoutMs: 30_000)
            }
            func verify(_ more: [String] = []) async throws -> String {
                let output = cutoverd.folder + "/audit-\(UInt32.random(in: 0 ..< .max))"
                let child = try ChildProcess.start(
                    "/bin/sh",
                    [
                        "-c", "\"$0\" \"$@\"; echo \"exit $?\"", "\(CutoverdProcess.executables)/cutoverd", "audit",
                        "verify", "--data-directory", "\(cutoverd.folder)/data",
                    ] + more, output: output)
                guard try await child.wait(seconds: 30) else { throw TestSupportError("audit verify does not end") }
                return try String(contentsOfFile: output, encoding: .utf8)
            }
            let busy = try await verify()
            #expect(busy.contains("exit 2") && busy.contains("\(cutoverd.child.pid)"), "\(busy)")
            await client.close()
            try await cutoverd.stop()
            let whole = try await verify()
            #expect(whole.contains("The audit log is whole: 2 records.") && whole.contains("exit 0"), "\(whole)")
            let head = try #require(whole.split(separator: "\n").first { $0.hasPrefix("Head: ") }).dropFirst(6)
            #expect(try await verify(["--head", String(head)]).contains("exit 0"))
            let other = try await verify(["--head", "3:" + String(repeating: "0", count: 64)])
            #expect(other.contains("NOT whole: record 3") && other.contains("exit 1"), "\(other)")
            #expect(try await verify(["--head", "3"]).contains("exit 2"))
        }
    }
}
