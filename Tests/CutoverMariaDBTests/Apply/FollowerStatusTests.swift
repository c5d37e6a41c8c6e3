import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@testable import CutoverMariaDB

/// What a follower says while something is in its way.
@Suite("What holds a follower up")
struct FollowerStatusTests {
    private static let schema = [
        "CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 0), (2, 0)",
        "CREATE TABLE other (id INT AUTO_INCREMENT PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
    ]

    /// Polls until a condition holds; the deadline only bounds a hang.
    private func until(
        _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !condition(), .now < deadline { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try await condition(), what, sourceLocation: sourceLocation)
    }

    @Test(
        "a row lock is named with transaction, table, holder and time, over attempts, and waited for beyond the retry budget"
    )
    func rowLock() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let holder = try await harness.destination.connect()
        try await holder.execute("BEGIN")
        try await holder.execute("UPDATE shop.t SET v=v+1 WHERE id=2")
        try await harness.source.run("INSERT INTO shop.other () VALUES ()", "UPDATE shop.t SET v=7 WHERE id=2")
        let target = try await harness.sourcePosition()
        let gtids = target.gtids.map { GTID(domain: $0.domain, server: $0.server, sequence: $0.sequence) }
        // A budget of nothing: waiting for a lock must not use it.
        let follower = harness.follower(retryBudgetMs: 0, lockWaitSeconds: 1)
        let following = Task { try await follower.follow(until: FollowGoal(.position(target))) }
        let expected = "a row is locked by connection \(holder.connectionID) (root), whose transaction is"
        try await until("the holder is named") { follower.progress.snapshot.blocker().contains(expected) }
        try await until("the time goes on over attempts") {
            let blocker = follower.progress.snapshot.blocker()
            let seconds = blocker.firstMatch(of: #/on shop.t, (\d+) s/#).flatMap { Int($0.1) } ?? 0
            return seconds >= 4
                && gtids.contains { blocker.contains("waiting for transaction \($0.domain)-\($0.server)-") }
        }
        #expect(follower.progress.snapshot.destinationUnreachableSinceMs == 0)
        try await holder.execute("ROLLBACK")
        #expect(try await following.value == target)
        #expect(follower.progress.snapshot.blocker() == "")
        await holder.close()
        try await harness.expectEqual()
    }

    @Test("a table locked by LOCK TABLES is named, the lag and the backlog grow meanwhile, and the rest follows")
    func lockedTable() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run(["CREATE DATABASE shop", "USE shop"] + Self.schema)
        let worker = pair.worker(pair.job(["shop"]))
        _ = try await worker.claim()
        _ = try await worker.copy()
        let holder = try await pair.destination.connect()
        try await holder.execute("LOCK TABLES shop.t READ")
        let following = Task { try await worker.follow(until: nil) }
        try await pair.source.run("UPDATE shop.t SET v=7 WHERE id=2")
        let first = try #require(try await pair.source.value("SELECT @@gtid_binlog_pos"))
        try await until("the table is named") {
            worker.status().blocker.hasPrefix("waiting for transaction \(first) on shop.t, ")
                && worker.status().blocker.contains("the table is locked by another session")
        }
        for _ in 0..<5 { try await pair.source.run("INSERT INTO shop.other () VALUES ()") }
        let last = try await pair.source.value("SELECT @@gtid_binlog_pos")
        try await until("backlog, source position and lag are fresh") {
            let status = worker.status()
            return status.backlogTransactions == 6 && status.sourcePosition == last && status.lagMs >= 2000
        }
        try await holder.execute("UNLOCK TABLES")
        try await until("it follows") { worker.status().appliedPosition == last }
        try await until("it is caught up") {
            let status = worker.status()
            return status.backlogTransactions == 0 && status.lagMs == 0 && status.blocker == ""
        }
        let applied = try await pair.source.value("SELECT UNIX_TIMESTAMP(MAX(at)) FROM shop.other")
        #expect(worker.status().appliedTransactionAtMs == (applied.flatMap { Int64($0) } ?? 0) * 1000)
        following.cancel()
        _ = await following.result
        await holder.close()
        _ = await worker.close()
    }

    @Test("an end that is gone or does not answer is said to be, since when, and that it is back")
    func unreachable() async throws {
        let harness = try await FollowerHarness.start(schema: Self.schema)
        let follower = harness.follower()
        let following = Task { try await follower.follow() }
        try await until("it follows") { !follower.progress.snapshot.sourcePosition.isEmpty }
        #expect(follower.progress.snapshot.sourceUnreachableSinceMs == 0)
        try await harness.source.crash()
        try await until("the source is lost") { follower.progress.snapshot.sourceUnreachableSinceMs > 0 }
        #expect(follower.progress.snapshot.blocker().hasPrefix("The source was lost"))
        #expect(follower.progress.snapshot.destinationUnreachableSinceMs == 0)
        try await harness.source.startAgain()
        try await until("the source is back") {
            let snapshot = follower.progress.snapshot
            return snapshot.sourceUnreachableSinceMs == 0 && snapshot.blocker() == ""
        }
        // Frozen and idle: nothing but the look at it can tell.
        harness.destination.freeze()
        try await until("the destination is silent") { follower.progress.snapshot.destinationUnreachableSinceMs > 0 }
        #expect(follower.progress.snapshot.blocker().hasPrefix("waiting for the destination to answer"))
        harness.destination.thaw()
        try await until("the destination is back") {
            let snapshot = follower.progress.snapshot
            return snapshot.destinationUnreachableSinceMs == 0 && snapshot.blocker() == ""
        }
        following.cancel()
        _ = await following.result
        try await harness.source.run("UPDATE shop.t SET v=9 WHERE id=1")
        try await harness.drain()
        try await harness.expectEqual()
    }
}
