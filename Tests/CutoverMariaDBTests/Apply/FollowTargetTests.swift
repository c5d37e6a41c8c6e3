import CutoverTasks
import CutoverTestSupport
import Foundation
import Testing

@testable import CutoverMariaDB

/// Stops at a position and at a time, with real servers.
@Suite("Follow to a target")
struct FollowTargetTests {
    private static let log = "CREATE TABLE d.log (id BIGINT AUTO_INCREMENT PRIMARY KEY, w INT, at BIGINT)"

    private func code(_ body: () async throws -> Void) async -> ReplicationError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ReplicationError)?.code
        }
    }

    private func seconds(_ server: MariaDBServer) async throws -> Int64 {
        try #require(Int64(try await server.value("SELECT UNIX_TIMESTAMP()") ?? ""))
    }

    private func position(_ server: MariaDBServer) async throws -> String {
        try #require(try await server.value("SELECT @@gtid_binlog_pos"))
    }

    private func checksum(_ server: MariaDBServer, _ table: String) async throws -> String? {
        try await server.value2("CHECKSUM TABLE \(table) EXTENDED")
    }

    /// A pair with a copied `d.log`, and the worker that copied it.
    private func copiedPair() async throws -> (MigrationPair, any ReplicationWorker) {
        let pair = try await MigrationPair.start()
        try await pair.source.run("CREATE DATABASE d", Self.log, "INSERT INTO d.log (w, at) VALUES (0, 0)")
        let worker = pair.worker(pair.job(["d"]))
        _ = try await worker.claim()
        _ = try await worker.copy()
        return (pair, worker)
    }

    /// Writes transactions that note their own time, on several connections, until cancelled.
    private func writers(_ server: MariaDBServer, count: Int) -> Task<Void, any Error> {
        Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<count {
                    group.addTask {
                        let connection = try await server.connect()
                        while !Task.isCancelled {
                            try await connection.execute(
                                "INSERT INTO d.log (w, at) VALUES (\(writer), UNIX_TIMESTAMP())")
                        }
                        await connection.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private func end(_ writers: Task<Void, any Error>) async {
        writers.cancel()
        _ = await writers.result
    }

    // MARK: - Position

    @Test("at a position ahead under load the destination is what a native replica stopped there is")
    func positionUnderLoad() async throws {
        let (pair, worker) = try await copiedPair()
        let writers = writers(pair.source, count: 4)
        let here = try #require(GTIDPosition(try await position(pair.source)))
        let element = try #require(here.elements[0])
        let target = "0-\(element.serverID)-\(element.sequence + 500)"
        #expect(try await worker.follow(until: .position(target)) == target)
        await end(writers)
        #expect(try await worker.claim() == .following(position: target))
        #expect(worker.status().appliedPosition == target)
        #expect(try await checksum(pair.source, "d.log") != checksum(pair.destination, "d.log"))
        let judge = try await NativeReplica.follow(pair.source)
        try await judge.catchUp(until: target)
        #expect(try await checksum(judge.server, "d.log") == checksum(pair.destination, "d.log"))
        _ = await worker.close()
    }

    @Test("of a domain that the position does not name nothing is applied, as with a native replica")
    func unnamedDomain() async throws {
        let harness = try await FollowerHarness.start(schema: ["CREATE TABLE t (d INT, n INT, PRIMARY KEY (d, n))"])
        func write(_ domain: Int, _ numbers: ClosedRange<Int>) async throws {
            let inserts = numbers.map { "INSERT INTO shop.t VALUES (\(domain), \($0))" }
            try await harness.source.run(["SET gtid_domain_id=\(domain)"] + inserts)
        }
        for round in 0..<3 {
            for domain in [0, 3, 7] { try await write(domain, (round * 2 + 1)...(round * 2 + 2)) }
        }
        let all = try await harness.sourcePosition()
        let base = try #require(all.elements[0]?.sequence)
        let target = try #require(GTIDPosition("0-1-\(base - 3),3-1-4"))
        let reached = try await harness.follower().follow(until: FollowGoal(.position(target)))
        #expect(reached == target)
        #expect(try await harness.storedPosition() == target)
        let rows = "SELECT d, MAX(n), COUNT(*) FROM shop.t GROUP BY d ORDER BY d"
        #expect(try await harness.destination.rows(rows) == [["0", "3", "3"], ["3", "4", "4"]])
        let judge = try await NativeReplica.follow(harness.source)
        try await judge.catchUp(until: target.description)
        #expect(try await judge.server.rows(rows) == harness.destination.rows(rows))
        // Behind it in one domain, ahead in another: no longer to be had.
        let mixed = try #require(GTIDPosition("0-1-\(base - 4),3-1-5"))
        #expect(
            await code { try await harness.follower().follow(until: FollowGoal(.position(mixed))) } == .targetPassed)
        #expect(try await harness.storedPosition() == target)
        // A domain that the position does not name may stand anywhere.
        let narrow = try #require(GTIDPosition("7-1-2"))
        try await harness.follower().follow(until: FollowGoal(.position(narrow)))
        #expect(try await harness.storedPosition().elements.count == 3)
        try await harness.drain()
        try await harness.expectEqual()
    }

    @Test("a position that the source has not reached yet is waited for, and said to be")
    func futurePosition() async throws {
        let (pair, worker) = try await copiedPair()
        let here = try #require(GTIDPosition(try await position(pair.source))?.elements[0])
        let target = "0-\(here.serverID)-\(here.sequence + 3)"
        let following = Task { try await worker.follow(until: .position(target)) }
        let deadline = ContinuousClock.now + .seconds(60)
        while !worker.status().blocker.hasPrefix("waiting for the source to reach \(target)"), .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(worker.status().blocker.hasPrefix("waiting for the source to reach \(target)"))
        for _ in 0..<5 { try await pair.source.run("INSERT INTO d.log (w, at) VALUES (1, 1)") }
        #expect(try await following.value == target)
        #expect(try await pair.destination.value("SELECT COUNT(*) FROM d.log") == "4")
        #expect(worker.status().blocker == "")
        _ = await worker.close()
    }

    // MARK: - Time

    @Test("at a time under load the destination is the source before the first later transaction")
    func timeUnderLoad() async throws {
        let (pair, worker) = try await copiedPair()
        let writers = writers(pair.source, count: 4)
        let time = try await seconds(pair.source) + 2
        let reached = try await worker.follow(until: .time(seconds: time))
        // The source goes on past the time for sure.
        try await pair.source.wait(for: "SELECT MAX(at) > \(time) FROM d.log", toBe: "1")
        await end(writers)
        #expect(try await worker.claim() == .following(position: reached))
        let judge = try await NativeReplica.follow(pair.source)
        try await judge.catchUp(until: reached)
        #expect(try await checksum(judge.server, "d.log") == checksum(pair.destination, "d.log"))
        #expect(try await pair.destination.value("SELECT MAX(at) FROM d.log") == "\(time)")
        #expect(try await timeOfNext(after: reached, pair.source) > time)
        // Nothing later was applied, so the same time again is where it stands.
        #expect(try await worker.follow(until: .time(seconds: time)) == reached)
        #expect(await code { _ = try await worker.follow(until: .time(seconds: time - 1)) } == .targetPassed)
        _ = await worker.close()
    }

    /// When the first transaction after a position began, as MariaDB's own tool reads the binlog.
    private func timeOfNext(after position: String, _ server: MariaDBServer) async throws -> Int64 {
        let output = server.folder + "/binlog.txt"
        let child = try ChildProcess.start(
            "/usr/bin/mariadb-binlog",
            [
                "--no-defaults", "--read-from-remote-server", "--host=127.0.0.1", "--port=\(server.port)",
                "--user=root",
                "--start-position=\(position)", "--base64-output=never", "--to-last-log", "bin.000001",
            ], output: output)
        #expect(try await child.wait(seconds: 60))
        let text = try String(contentsOfFile: output, encoding: .utf8)
        // Such as "#261123  9:05:01 server id 1  end_log_pos 4711 CRC32 0x…  GTID 0-1-57 trans".
        let line = try #require(
            text.split(separator: "\n").first { $0.hasPrefix("#") && $0.contains("\tGTID ") }, "\(text.prefix(500))")
        let stamp = String(line.dropFirst().prefix(15))
        let value = try await server.value("SELECT UNIX_TIMESTAMP(STR_TO_DATE('\(stamp)', '%y%m%d %k:%i:%s'))")
        return try #require(value.flatMap { Double($0) }.map { Int64($0) }, "\(line)")
    }

    @Test("with an idle source a time that has passed, and one to come, end where the source stands")
    func idleSource() async throws {
        let (pair, worker) = try await copiedPair()
        let copied = try await position(pair.source)
        let now = try await seconds(pair.source)
        #expect(try await worker.follow(until: .time(seconds: now)) == copied)
        try await pair.source.run("INSERT INTO d.log (w, at) VALUES (1, 1)")
        let last = try await position(pair.source)
        let future = try await seconds(pair.source) + 4
        let following = Task { try await worker.follow(until: .time(seconds: future)) }
        let text = "waiting for the source's clock to pass \(WallClock.utcText(seconds: future))"
        let deadline = ContinuousClock.now + .seconds(60)
        while worker.status().blocker != text, .now < deadline { try await Task.sleep(for: .milliseconds(20)) }
        #expect(worker.status().blocker == text)
        #expect(worker.status().sourcePosition == last)
        // A lost connection in between makes no difference.
        for identifier in try await pair.source.rows(
            "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")
        {
            try await pair.source.run("KILL CONNECTION \(identifier[0] ?? "0")")
        }
        #expect(try await following.value == last)
        #expect(try await seconds(pair.source) > future)
        #expect(try await pair.destination.value("SELECT COUNT(*) FROM d.log") == "2")
        _ = await worker.close()
    }

    @Test("binlog order decides, not the order of the times; a second may hold more than one transaction")
    func timesOutOfOrder() async throws {
        let harness = try await FollowerHarness.start(schema: ["CREATE TABLE t (id INT PRIMARY KEY)"])
        let time = try await seconds(harness.source) - 1000
        func write(_ id: Int, at offset: Int64) async throws {
            try await harness.source.run("SET timestamp=\(time + offset)", "INSERT INTO shop.t VALUES (\(id))")
        }
        try await write(1, at: -5)
        try await write(2, at: 0)
        try await write(3, at: 0)
        let boundary = try await harness.sourcePosition()
        try await write(4, at: 1)
        try await write(5, at: -1)
        let end = try await harness.sourcePosition()
        let reached = try await harness.follower().follow(until: FollowGoal(.time(seconds: time)))
        #expect(reached == boundary)
        #expect(try await harness.storedPosition() == boundary)
        #expect(try await harness.destination.value("SELECT GROUP_CONCAT(id ORDER BY id) FROM shop.t") == "1,2,3")
        #expect(
            try await harness.destination.value("SELECT latest_transaction_at FROM _cutover.fence") == "\(time)")
        let later = FollowGoal(.time(seconds: time + 1))
        #expect(try await harness.follower().follow(until: later) == end)
        #expect(try await harness.destination.value("SELECT COUNT(*) FROM shop.t") == "5")
        // The last one applied is earlier, but a later one was applied before it.
        let again = FollowGoal(.time(seconds: time))
        #expect(await code { try await harness.follower().follow(until: again) } == .targetPassed)
        #expect(try await harness.follower().follow(until: FollowGoal(.time(seconds: time + 1))) == end)
    }

    @Test(
        "a checkpoint of an earlier version is brought up to date at the claim; no time before it is said to lie ahead")
    func earlierCheckpoint() async throws {
        let (pair, worker) = try await copiedPair()
        _ = await worker.close()
        try await pair.destination.run("ALTER TABLE _cutover.fence DROP COLUMN latest_transaction_at")
        let before = try await seconds(pair.destination) - 10
        let newer = pair.worker(pair.job(["d"]), epoch: 2)
        guard case .following = try await newer.claim() else {
            Issue.record("the checkpoint was lost")
            return
        }
        #expect(await code { _ = try await newer.follow(until: .time(seconds: before)) } == .targetPassed)
        try await pair.source.run("INSERT INTO d.log (w, at) VALUES (1, 1)")
        let target = try await position(pair.source)
        #expect(try await newer.follow(until: .position(target)) == target)
        #expect(try await pair.destination.value("SELECT COUNT(*) FROM d.log") == "2")
        _ = await newer.close()
    }
}
