import CutoverClient
import CutoverTestSupport
import Testing

extension Integration {
    @Suite("A source that rotates, restarts and goes away")
    struct SourceFaultTests {
        /// With the shortest base name, a rotation event is at its most misleading.
        @Test func rotationAndRestartWithBaseNameB() async throws {
            let fixture = try await MigrationFixture(binlogBaseName: "b")
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) VALUES (1)")
            let task = try await fixture.migrate(["app"])
            for turn in 0..<3 {
                try await fixture.source.run(
                    "INSERT INTO app.t (v) SELECT seq FROM app.seq_1_to_100", "FLUSH BINARY LOGS",
                    "UPDATE app.t SET v = v + 1 WHERE id % 3 = 0")
                if turn == 1 { try await fixture.source.restart() }
            }
            try await fixture.expectEventually(
                fixture.destination, "SELECT COUNT(*) FROM app.t", is: "301", seconds: 60)
            try await fixture.waitFor(task, .incrementalMigration)
            let stop = try #require(try await fixture.stop(task).stop)
            #expect(stop.drained)
            try await fixture.expectEqual(at: stop.requestedPosition, databases: ["app"])
        }

        @Test func pauseAndResumeKeepThePosition() async throws {
            let fixture = try await MigrationFixture()
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) VALUES (1)")
            let task = try await fixture.migrate(["app"])
            _ = try await fixture.client.pauseTask(task)
            try await fixture.expectEventually(
                fixture.source, "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog%'",
                is: "0")
            try await fixture.source.run("INSERT INTO app.t (v) SELECT seq FROM app.seq_1_to_50")
            #expect(try await fixture.destination.value("SELECT COUNT(*) FROM app.t") == "1")
            _ = try await fixture.client.resumeTask(task)
            try await fixture.expectEventually(fixture.destination, "SELECT COUNT(*) FROM app.t", is: "51", seconds: 30)
            _ = try await fixture.client.pauseTask(task)
            try await fixture.waitFor(task, .paused)
            try await fixture.source.run("INSERT INTO app.t (v) VALUES (99)")
            // A held task stops where it stands.
            let stop = try #require(try await fixture.stop(task).stop)
            #expect(stop.drained)
            #expect(stop.requestedPosition == stop.appliedPosition)
            #expect(try await fixture.destination.value("SELECT COUNT(*) FROM app.t") == "51")
        }

        @Test func sigtermCheckpointsAndTheNextStartResumes() async throws {
            let fixture = try await MigrationFixture()
            try await fixture.source.run(
                "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
                "INSERT INTO app.t (v) VALUES (1)")
            let task = try await fixture.migrate(["app"])
            try await fixture.cutoverd.stop()
            try await fixture.source.run("INSERT INTO app.t (v) SELECT seq FROM app.seq_1_to_50")
            try await fixture.expectEventually(
                fixture.source, "SELECT COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog%'",
                is: "0")
            try await fixture.cutoverd.startAgain()
            try await fixture.expectEventually(fixture.destination, "SELECT COUNT(*) FROM app.t", is: "51", seconds: 30)
            let stop = try #require(try await fixture.stop(task).stop)
            #expect(stop.drained)
        }
    }
}
