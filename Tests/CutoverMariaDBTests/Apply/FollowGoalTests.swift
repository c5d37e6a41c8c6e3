import CutoverTasks
import Testing

@testable import CutoverMariaDB

@Suite("Goals of a follow")
struct FollowGoalTests {
    private func position(_ text: String) throws -> GTIDPosition { try #require(GTIDPosition(text)) }

    @Test("a position excludes what is beyond it and every domain that it does not name")
    func positions() throws {
        let goal = FollowGoal(.position(try position("0-1-10,2-1-5")))
        #expect(!goal.excludes(GTID(domain: 0, server: 9, sequence: 10), timestamp: 0))
        #expect(goal.excludes(GTID(domain: 0, server: 1, sequence: 11), timestamp: 0))
        #expect(goal.excludes(GTID(domain: 7, server: 1, sequence: 1), timestamp: 0))
        #expect(goal.isReached(by: try position("0-1-10,2-3-6,9-9-9")))
        #expect(!goal.isReached(by: try position("0-1-10")))
        try goal.requireAhead(of: position("0-1-10,7-1-100"), latestTransactionAt: 0)
        let error = #expect(throws: ReplicationError.self) {
            try goal.requireAhead(of: position("0-1-3,2-1-6"), latestTransactionAt: 0)
        }
        #expect(error?.code == .targetPassed)
    }

    @Test("a time ends where the source stood when its clock had passed it, by the first such reading")
    func times() throws {
        let goal = FollowGoal(.time(seconds: 100))
        #expect(!goal.excludes(GTID(domain: 0, server: 1, sequence: 1), timestamp: 100))
        #expect(goal.excludes(GTID(domain: 0, server: 1, sequence: 1), timestamp: 101))
        goal.note(sourceSeconds: 100, position: try position("0-1-4"))
        #expect(!goal.isReached(by: try position("0-1-4")))
        goal.note(sourceSeconds: 101, position: try position("0-1-5"))
        goal.note(sourceSeconds: 102, position: try position("0-1-9"))
        #expect(!goal.isReached(by: try position("0-1-4")))
        #expect(goal.isReached(by: try position("0-1-5")))
        try goal.requireAhead(of: GTIDPosition(), latestTransactionAt: 100)
        let error = #expect(throws: ReplicationError.self) {
            try goal.requireAhead(of: GTIDPosition(), latestTransactionAt: 101)
        }
        #expect(error?.code == .targetPassed)
        #expect(error?.message.contains("1970-01-01 00:01:41 UTC") == true)
    }

    @Test("a position that is none is refused")
    func invalid() {
        let error = #expect(throws: ReplicationError.self) { try FollowGoal(target: .position("0-1")) }
        #expect(error?.code == .invalidJob)
    }

    @Test("what holds a follower up is said with its transaction, its table and how long it has lasted")
    func blocker() throws {
        let progress = FollowerProgress()
        let gtid = GTID(domain: 0, server: 1, sequence: 4711)
        progress.begin(.change(of: "shop.orders"), gtid)
        let begun = try #require(progress.snapshot.activity)
        #expect(progress.snapshot.blocker(at: begun.since) == "")
        let later = begun.since + .seconds(41)
        #expect(progress.snapshot.blocker(at: later) == "waiting for transaction 0-1-4711 on shop.orders, 41 s")
        progress.note(holder: "a row is locked", of: begun.number)
        #expect(
            progress.snapshot.blocker(at: later)
                == "waiting for transaction 0-1-4711 on shop.orders, 41 s: a row is locked")
        // The wait is lost and tried again: its time goes on, also when something else comes in between.
        progress.interruptActivity()
        progress.begin(.change(of: "shop.other"), gtid)
        #expect(progress.snapshot.activity?.since != begun.since)
        progress.begin(.change(of: "shop.orders"), gtid)
        #expect(progress.snapshot.activity?.since == begun.since)
        progress.note(holder: "stale", of: begun.number)
        #expect(progress.snapshot.activity?.holder == "a row is locked")
        progress.endActivity()
        progress.begin(.change(of: "shop.orders"), gtid)
        #expect(progress.snapshot.activity?.since != begun.since)
        progress.update { $0.failure = "The source was lost." }
        #expect(progress.snapshot.blocker(at: later) == "The source was lost.")
    }

    @Test("a goal in the future is what a caught-up follower waits for")
    func future() throws {
        var snapshot = FollowerProgress.Snapshot()
        snapshot.goal = .position(try position("0-1-20"))
        snapshot.sourcePosition = try position("0-1-7")
        snapshot.appliedPosition = try position("0-1-6")
        #expect(snapshot.blocker() == "")
        snapshot.appliedPosition = try position("0-1-7")
        #expect(snapshot.blocker() == "waiting for the source to reach 0-1-20; it is at 0-1-7")
        snapshot.goal = .time(seconds: 1000)
        #expect(
            snapshot.blocker(nowMs: 1_000_999)
                == "waiting for the source's clock to pass 1970-01-01 00:16:40 UTC")
        #expect(snapshot.blocker(nowMs: 1_001_000) == "")
        snapshot.sourceClockAheadMs = -5000
        #expect(snapshot.blocker(nowMs: 1_001_000) != "")
    }

    @Test("the lag grows while something waits to be applied")
    func lag() {
        var snapshot = FollowerProgress.Snapshot()
        snapshot.lagMs = 3000
        #expect(snapshot.lagMs(nowMs: 90_000) == 3000)
        snapshot.pendingSince = 50
        #expect(snapshot.lagMs(nowMs: 90_900) == 40_000)
        snapshot.sourceClockAheadMs = -60_000
        #expect(snapshot.lagMs(nowMs: 90_900) == 0)
    }

    @Test("the backlog counts sequence numbers in each domain of the source")
    func backlog() throws {
        let applied = try position("0-1-10,5-1-3")
        #expect(applied.transactions(upTo: try position("0-2-14,2-1-6,5-1-1")) == 10)
        #expect(applied.furthest(try position("0-2-14,5-1-1")).description == "0-2-14,5-1-3")
    }
}
