import CutoverClient
import CutoverTestSupport
import Glibc
import Testing
import TestRandom

extension Integration {
    @Suite("kill -9 and SIGSTOP")
    struct CrashTests {
        /// Kills at 20 random instants of copy, incremental migration and every phase of the stop.
        @Test func nothingIsLostOrDoubledByKills() async throws {
            let seed = UInt64.random(in: 0 ..< .max)
            print("seed \(seed)")
            var random = SplitMix64(seed: seed)
            let fixture = try await MigrationFixture()
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.keyless (v INT, w VARCHAR(40))",
                "CREATE TABLE app.counter (id INT PRIMARY KEY, n BIGINT)",
                "INSERT INTO app.counter VALUES (1, 0)",
                "CREATE TABLE app.parent (id INT PRIMARY KEY)",
                "CREATE TABLE app.child (id INT PRIMARY KEY AUTO_INCREMENT, p INT, pad VARCHAR(200), "
                    + "FOREIGN KEY (p) REFERENCES app.parent (id) ON DELETE CASCADE)",
                "INSERT INTO app.keyless SELECT seq % 100, REPEAT('k', 40) FROM app.seq_1_to_60000",
                "INSERT INTO app.parent SELECT seq FROM app.seq_1_to_5000",
                "INSERT INTO app.child (p, pad) SELECT 1 + seq % 5000, REPEAT('p', 200) FROM app.seq_1_to_60000")
            for index in 0..<60 {
                try await fixture.source.run(
                    "CREATE TRIGGER app.t\(index) AFTER UPDATE ON app.counter FOR EACH ROW SET @t\(index) = 1",
                    "CREATE EVENT app.e\(index) ON SCHEDULE EVERY 1 DAY DO SET @e = \(index)")
            }
            let writer = SourceWriter(fixture.source) { turn in
                [
                    "UPDATE app.counter SET n = n + 1",
                    "INSERT INTO app.keyless VALUES (\(turn % 100), 'again'), (\(turn % 100), 'again')",
                    "DELETE FROM app.keyless WHERE v = \(turn % 100) LIMIT 1",
                    turn % 20 == 0 ? "DELETE FROM app.parent WHERE id = \(5001 - turn / 20)" : "DO 0",
                ]
            }
            let task = try await fixture.client.createTask(named: "crashing", spec: fixture.spec(["app"]))
            try await fixture.waitFor(task.id, .pendingStart)
            _ = try await fixture.client.startTask(task.id)
            var instants: [String: Int] = [:]
            for kill in 0..<20 {
                if kill == 13 {
                    try await fixture.waitFor(task.id, .incrementalMigration)
                    _ = try await fixture.client.stopTask(task.id, reason: "crash test", requestID: "crash-\(seed)")
                }
                if kill == 7 { try await fixture.waitFor(task.id, .incrementalMigration) }
                let longestMs = kill < 7 ? 900 : kill < 13 ? 500 : 60
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...longestMs, using: &random)))
                if let killed = try? await fixture.client.getTask(task.id, timeoutMs: 500) {
                    let phase = try? await fixture.client.getStop(taskID: task.id, timeoutMs: 500).stop?.phase.name
                    instants["\(killed.status.name)\(phase.map { " " + $0 } ?? "")", default: 0] += 1
                }
                try await fixture.cutoverd.crash()
                try await fixture.cutoverd.startAgain()
            }
            print("killed in \(instants)")
            let receipt = try await fixture.receipt(task.id)
            try await writer.end()
            let stop = try #require(receipt.stop)
            #expect(receipt.sequence == 1, "stopped once")
            #expect(stop.drained)
            #expect(stop.objects.filter { $0.kind == .trigger || $0.kind == .event }.count == 120)
            #expect(stop.objects.allSatisfy { $0.result == .created || $0.result == .present })
            try await fixture.expectEqual(at: stop.requestedPosition, databases: ["app"])
        }

        /// One task a phase, each killed as soon as its stop has entered that phase.
        @Test func everyPhaseOfAStopSurvivesAKill() async throws {
            let fixture = try await MigrationFixture()
            let phases: [StopPhase] = [.accepted, .draining, .migratingTriggers, .migratingEvents, .releasing]
            for (index, phase) in phases.enumerated() {
                let database = "p\(index)"
                try await fixture.source.run(
                    "CREATE DATABASE \(database)", "CREATE TABLE \(database).t (v INT, w INT)",
                    "INSERT INTO \(database).t SELECT seq % 7, seq FROM \(database).seq_1_to_1000",
                    "CREATE TRIGGER \(database).tr AFTER INSERT ON \(database).t FOR EACH ROW SET @x = 1",
                    "CREATE EVENT \(database).ev ON SCHEDULE EVERY 1 DAY DO SET @x = 1")
                let task = try await fixture.migrate([database])
                let writer = SourceWriter(fixture.source) { turn in
                    ["INSERT INTO \(database).t VALUES (\(turn % 7), 0), (\(turn % 7), 0)"]
                }
                try await Task.sleep(for: .milliseconds(200))
                let revision = try await fixture.client.listTasks(ListTasksRequest(pageSize: 1)).revision
                let pid = fixture.cutoverd.child.pid
                let watch = fixture.client.watchTasks([task], afterRevision: revision)
                let watcher = Task {
                    for try await event in watch where event.stop?.phase == phase {
                        kill(pid, SIGKILL)
                        return true
                    }
                    return false
                }
                _ = try? await fixture.client.stopTask(task, reason: "killed in \(phase.name)", timeoutMs: 2_000)
                #expect(try await watcher.value, "the stop never entered \(phase.name)")
                try await fixture.cutoverd.crash()
                try await fixture.cutoverd.startAgain()
                let receipt = try await fixture.receipt(task)
                try await writer.end()
                let stop = try #require(receipt.stop)
                #expect(receipt.sequence == UInt64(index + 1), "stopped once")
                #expect(stop.drained, "\(phase.name)")
                #expect(stop.objects.filter { $0.kind == .trigger || $0.kind == .event }.count == 2)
                try await fixture.expectEqual(at: stop.requestedPosition, databases: [database])
            }
        }

        /// A worker that sleeps through its own replacement writes nothing when it wakes up.
        ///
        /// Held within a transaction, the takeover must end its connection; held between two, the connection lives on and
        /// only the guard at the head of the next transaction stands in the way.
        @Test(arguments: [true, false])
        func aFencedWorkerWritesNothing(heldWithinTransaction: Bool) async throws {
            let fixture = try await MigrationFixture()
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) VALUES (1)")
            let task = try await fixture.migrate(["app"])
            let writer = SourceWriter(fixture.source) { turn in ["INSERT INTO app.t (v) VALUES (\(turn))"] }
            // Held again and again until that falls where it should.
            var isHeldThere = false
            for _ in 0..<60 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 20...150)))
                fixture.cutoverd.child.signal(SIGSTOP)
                try await Task.sleep(for: .milliseconds(120))
                let open =
                    try await fixture.destination.value("SELECT COUNT(*) FROM information_schema.innodb_trx") != "0"
                isHeldThere = open == heldWithinTransaction
                if isHeldThere { break }
                fixture.cutoverd.child.signal(SIGCONT)
            }
            try #require(isHeldThere)
            // What a takeover does: end the open transaction, then raise the epoch.
            let open = try await fixture.destination.rows(
                "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx")
            for thread in open.compactMap({ $0.first ?? nil }) where thread != "0" {
                try await fixture.destination.run("KILL \(thread)")
            }
            try await fixture.expectEventually(
                fixture.destination, "SELECT COUNT(*) FROM information_schema.innodb_trx", is: "0")
            try await fixture.destination.run("UPDATE _cutover.fence SET epoch = epoch + 10")
            let before = try await fixture.destination.rows("CHECKSUM TABLE app.t")
            let count = try await fixture.destination.value("SELECT COUNT(*) FROM app.t")
            fixture.cutoverd.child.signal(SIGCONT)
            try await Task.sleep(for: .seconds(3))
            try await writer.end()
            #expect(try await fixture.destination.value("SELECT COUNT(*) FROM app.t") == count)
            #expect(try await fixture.destination.rows("CHECKSUM TABLE app.t") == before)
            let status = try await fixture.client.getTask(task)
            #expect(status.status == .incrementalMigrationFailed)
            #expect(status.failure?.code == "FENCED")
        }
    }
}
