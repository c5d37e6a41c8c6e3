import CutoverMariaDB
import CutoverTasks
import CutoverTestSupport
import Synchronization
import Testing

/// Lost connections, restarts, stop positions, cancellation and the fence, with real servers.
@Suite(.timeLimit(.minutes(5))) struct FollowerRecoveryTests {
    private static let schema = [
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "CREATE TABLE nokey (v INT)",
        "CREATE TABLE counter (n INT)", "INSERT INTO counter VALUES (0)",
    ]
    private static let write = [
        "INSERT INTO shop.t (v) VALUES (1)", "INSERT INTO shop.nokey VALUES (1)", "UPDATE shop.counter SET n=n+1",
    ]

    private func write(_ harness: FollowerHarness, times: Int = 1) async throws {
        try await harness.source.run((0..<times).flatMap { _ in Self.write })
    }

    @Test func rotationAndRestartOfTheSourceAreFollowed() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema, binlogBaseName: "b")
        let follower = harness.follower()
        let following = Task { try await follower.follow() }
        for round in 1...3 {
            try await write(harness, times: 5)
            try await harness.source.run("FLUSH BINARY LOGS")
            try await write(harness, times: 5)
            try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "\(round * 10)")
        }
        try await harness.source.restart()
        try await write(harness, times: 5)
        try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "35")
        try await harness.source.crash()
        try await harness.source.startAgain()
        try await write(harness, times: 5)
        try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "40")
        following.cancel()
        _ = await following.result
        try await harness.drain()
        try await harness.expectEqual()
        #expect(follower.progress.snapshot.sourceFile.hasPrefix("b."))
    }

    @Test func killedConnectionsOfBothSidesAreReplaced() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let connected = Mutex<[(source: UInt64, destination: UInt64)]>([])
        let follower = harness.follower { notice in
            if case .connected(let source, let destination) = notice {
                connected.withLock { $0.append((source, destination)) }
            }
        }
        let following = Task { try await follower.follow() }
        var written = 0
        for round in 0..<10 {
            try await write(harness, times: 20)
            written += 20
            guard let identifiers = connected.withLock({ $0.last }) else { continue }
            // It may have ended by itself: then there is nothing to kill.
            if round % 2 == 0 {
                try? await harness.source.run("KILL \(identifiers.source)")
            } else {
                try? await harness.destination.run("KILL \(identifiers.destination)")
            }
        }
        try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "\(written)")
        following.cancel()
        await #expect(throws: CancellationError.self) { try await following.value }
        try await harness.drain()
        try await harness.expectEqual()
        #expect(connected.withLock { $0.count } > 1)
    }

    @Test func aCrashOfTheDestinationLosesAndRepeatsNothing() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let follower = harness.follower()
        let following = Task { try await follower.follow() }
        for _ in 0..<3 {
            try await write(harness, times: 50)
            try await harness.destination.crash()
            try await write(harness, times: 50)
            try await harness.destination.startAgain()
        }
        try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "300")
        following.cancel()
        _ = await following.result
        try await harness.drain()
        try await harness.expectEqual()
    }

    @Test func untilEndsExactlyThereInEveryDomain() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        try await harness.source.run(
            ["SET gtid_domain_id=7"] + Self.write + ["SET gtid_domain_id=0"] + Self.write + ["SET gtid_domain_id=3"]
                + Self.write)
        let target = try await harness.sourcePosition()
        try await harness.source.run(
            ["SET gtid_domain_id=7"] + Self.write + ["SET gtid_domain_id=0"] + Self.write)
        let follower = harness.follower()
        try await follower.follow(until: FollowGoal(.position(target)))
        #expect(target.gtids.count == 3)
        #expect(try await harness.storedPosition() == target)
        #expect(try await harness.destination.value("SELECT n FROM shop.counter") == "3")
        #expect(follower.progress.snapshot.transactions == 9)
        #expect(follower.progress.snapshot.rows == 9)
        // Reached already: nothing is opened, nothing moves.
        try await harness.follower().follow(until: FollowGoal(.position(target)))
        #expect(try await harness.storedPosition() == target)
        try await harness.drain()
        try await harness.expectEqual()
    }

    @Test func drainsWhileWritersGoOn() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let writers = Task {
            while !Task.isCancelled { try await write(harness, times: 20) }
        }
        try await harness.source.wait(for: "SELECT n > 100 FROM shop.counter", toBe: "1")
        let target = try await harness.sourcePosition()
        try await harness.follower().follow(until: FollowGoal(.position(target)))
        #expect(try await harness.storedPosition() == target)
        writers.cancel()
        _ = await writers.result
        let judge = try await NativeReplica.follow(harness.source)
        try await judge.catchUp(until: target.description)
        for table in ["t", "nokey", "counter"] {
            let query = "CHECKSUM TABLE shop.\(table) EXTENDED"
            #expect(try await judge.server.value2(query) == harness.destination.value2(query))
        }
    }

    @Test func aPurgedBinlogIsPositionLost() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        try await write(harness)
        // Newer servers keep what no replica has read.
        try? await harness.source.run("SET GLOBAL slave_connections_needed_for_purge=0")
        try await harness.source.run("FLUSH BINARY LOGS")
        try await write(harness)
        try await harness.source.run("FLUSH BINARY LOGS")
        let last = try #require(try await harness.source.rows("SHOW BINARY LOGS").last?.first ?? nil)
        // A log that the engine's own recovery still needs is left out without an error: ask until it is gone.
        var kept = 0
        for _ in 0..<200 {
            try await harness.source.run("PURGE BINARY LOGS TO '\(last)'")
            kept = try await harness.source.rows("SHOW BINARY LOGS").count
            if kept == 1 { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        try #require(kept == 1)
        let error = await #expect(throws: ReplicationError.self) { try await harness.follower().follow() }
        #expect(error?.code == .positionLost)
    }

    @Test func anUnreachableSourceIsReportedAfterTheRetryBudget() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        try await harness.source.stop()
        let error = await #expect(throws: ReplicationError.self) {
            try await harness.follower(retryBudgetMs: 500).follow()
        }
        #expect(error?.code == .sourceUnreachable)
        #expect(error?.isRetriable == true)
    }

    /// How the follower is busy when it is cancelled.
    enum Moment: CaseIterable, Sendable { case idle, sourceFrozen, destinationFrozen, destinationLocked, largeRows }

    @Test(arguments: Moment.allCases)
    func cancellationEndsEverythingAtAnyMoment(moment: Moment) async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let follower = harness.follower()
        let following = Task { try await follower.follow() }
        try await write(harness)
        try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "1")
        let locker = try await harness.destination.connect()
        switch moment {
        case .idle: break
        case .sourceFrozen: harness.source.freeze()
        case .destinationFrozen:
            harness.destination.freeze()
            try await write(harness)
        case .destinationLocked:
            try await locker.execute("BEGIN")
            try await locker.execute("SELECT * FROM shop.counter FOR UPDATE")
            try await write(harness)
        case .largeRows:
            try await harness.source.run(
                "INSERT INTO shop.nokey SELECT seq FROM shop.seq_1_to_200000", "DELETE FROM shop.nokey")
        }
        try await Task.sleep(for: .milliseconds(300))
        following.cancel()
        let ended = Mutex(false)
        let watch = Task {
            let result = await following.result
            ended.withLock { $0 = true }
            return result
        }
        let deadline = ContinuousClock.now + .seconds(10)
        while !ended.withLock({ $0 }), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(ended.withLock { $0 })
        harness.source.thaw()
        harness.destination.thaw()
        await #expect(throws: CancellationError.self) { try await watch.value.get() }
        await locker.close()
        if moment != .largeRows {
            try await harness.drain()
            try await harness.expectEqual()
        }
    }

    @Test func aRaisedFenceEndsTheOldOwnerWithoutAWrite() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let follower = harness.follower(epoch: 1)
        let following = Task { try await follower.follow() }
        try await write(harness)
        try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "1")
        try await harness.raiseFence(epoch: 2)
        let before = try await harness.storedPosition()
        try await write(harness, times: 5)
        let error = await #expect(throws: ReplicationError.self) { try await following.value }
        #expect(error?.code == .fenced)
        #expect(try await harness.storedPosition() == before)
        #expect(try await harness.destination.value("SELECT n FROM shop.counter") == "1")
        #expect(try await harness.destination.value("SELECT COUNT(*) FROM shop.nokey") == "1")
        let late = await #expect(throws: ReplicationError.self) { try await harness.follower(epoch: 1).follow() }
        #expect(late?.code == .fenced)
        try await harness.drain(epoch: 2)
        try await harness.expectEqual()
    }

    @Test func aFencedOwnerRunsNoSchemaChange() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let follower = harness.follower(epoch: 1)
        let following = Task { try await follower.follow() }
        try await write(harness)
        try await harness.destination.wait(for: "SELECT n FROM shop.counter", toBe: "1")
        try await harness.raiseFence(epoch: 2)
        try await harness.source.run("ALTER TABLE shop.t ADD extra INT")
        let error = await #expect(throws: ReplicationError.self) { try await following.value }
        #expect(error?.code == .fenced)
        let columns = "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='shop' AND TABLE_NAME='t'"
        #expect(try await harness.destination.value(columns) == "2")
    }

    @Test func aSchemaChangeThatRanBeforeACrashIsNotRunAgain() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        try await harness.source.run("ALTER TABLE shop.t ADD extra INT DEFAULT 3", "INSERT INTO shop.t (v) VALUES (1)")
        let follower = harness.follower()
        // What a crash between the statement and the checkpoint leaves: the intent, and the new definition.
        let position = try await harness.storedPosition()
        let stored = try #require(position.gtids.first)
        let next = GTID(domain: stored.domain, server: stored.server, sequence: stored.sequence + 1)
        try await harness.destination.run(
            """
            CREATE TABLE _cutover.ddl_journal (task VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
              gtid VARCHAR(64) NOT NULL, fingerprint CHAR(64) NOT NULL)
            """,
            "INSERT INTO _cutover.ddl_journal VALUES ('\(FollowerHarness.taskID)', '\(next)', 'of-the-old-definition')",
            "ALTER TABLE shop.t ADD extra INT DEFAULT 3")
        try await follower.follow(until: FollowGoal(.position(try await harness.sourcePosition())))
        try await harness.expectEqual()
        #expect(try await harness.destination.value("SELECT COUNT(*) FROM _cutover.ddl_journal") == "0")
    }

    @Test func aLargeTransactionKeepsMemoryFlat() async throws {
        let harness = try await FollowerHarness.start(
            schema: [
                "CREATE TABLE big (id INT PRIMARY KEY, v VARCHAR(1000))", "CREATE TABLE small (id INT PRIMARY KEY)",
            ])
        try await harness.source.run(
            "INSERT INTO shop.small VALUES (1)",
            "INSERT INTO shop.big SELECT seq, REPEAT(CHAR(65 + seq % 26), 1000) FROM shop.seq_1_to_150000",
            "INSERT INTO shop.small VALUES (2)")
        let before = try ResidentMemory.peakBytes()
        let follower = try await harness.drain()
        let grown = try ResidentMemory.peakBytes() - before
        #expect(follower.progress.snapshot.receivedBytes > 150_000_000)
        #expect(grown < 120_000_000, "peak memory grew by \(grown) bytes")
        try await harness.expectEqual()
    }
}
