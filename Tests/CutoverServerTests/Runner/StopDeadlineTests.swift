import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct StopDeadlineTests {
    static let blocker = "waiting for transaction 0-1-6 on shop.orders, 41 s"

    /// A stop whose drain gets nowhere and shows what holds it up.
    func heldUp(_ stage: Stage, _ policy: OnDeadline, deadlineMs: UInt32 = 150) async throws {
        try await stage.createAndFollow()
        try await stage.store.saveInventory(
            ObjectInventory(atMs: 1, objects: stage.replicator.read(\.objects)), of: "t1")
        stage.replicator.change {
            $0.sourceSequence = 9
            $0.drainsFlow = false
            $0.shown = MigrationProgress(blocker: Self.blocker)
        }
        try await stage.stop(
            StopOrder(stopID: "s1", actor: "ann", reason: "move", drainDeadlineMs: deadlineMs, onDeadline: policy))
    }

    func expectQuiet(_ stage: Stage) async {
        await stage.pool.shutDown()
        #expect(stage.replicator.read(\.openWorkers) == 0)
        #expect(stage.replicator.read(\.strayWrites) == 0)
    }

    @Test func keepRunningWithdrawsTheStopAndTheTaskFollowsOn() async throws {
        let stage = Stage()
        try await heldUp(stage, .keepRunning)
        let state = try await stage.reach("withdrawn") { $0.stop?.phase == .withdrawn }
        let stop = try #require(state.stop)
        #expect(state.record.status == .incrementalMigration && stop.deadlinePassed && !stop.drained)
        #expect(stop.failure?.code == "DRAIN_DEADLINE" && stop.failure?.message.contains(Self.blocker) == true)
        #expect(try await stage.store.receipts(stopID: "s1").map(\.kind) == [.withdrawn])
        let follows = stage.replicator.read(\.follows)
        try await stage.condition("follows on") { stage.replicator.read(\.follows) > follows }
        #expect(stage.replicator.read(\.movedTriggers) == 0)
        await expectQuiet(stage)
    }

    @Test func stopUndrainedMovesTheTriggersAndClaimsNothing() async throws {
        let stage = Stage()
        try await heldUp(stage, .stopUndrained)
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.deadlinePassed && !stop.drained && stop.modeTaken == .graceful)
        #expect(stop.requestedPosition == "0-1-9" && stop.appliedPosition != "0-1-9")
        #expect(stop.objects.map(\.result) == [.created] && stage.replicator.read(\.movedTriggers) == 1)
        await expectQuiet(stage)
    }

    @Test func forceLeavesTheTriggersBehind() async throws {
        let stage = Stage()
        try await heldUp(stage, .force)
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.deadlinePassed && stop.modeTaken == .forced && stop.escalated && !stop.drained)
        #expect(stop.modeReason.contains(Self.blocker), "\(stop.modeReason)")
        #expect(stop.objects.map(\.result) == [.leftBehind] && stage.replicator.read(\.movedTriggers) == 0)
        await expectQuiet(stage)
    }

    /// A drain that has not even begun owes its end too: the source is gone, or other stops take all the slots.
    @Test func theDeadlineStrikesBeforeTheDrainBegins() async throws {
        let lost = Stage()
        try await lost.createAndFollow()
        lost.replicator.change { $0.isSourceReachable = false }
        try await lost.stop(StopOrder(stopID: "s1", mode: .graceful, drainDeadlineMs: 200))
        let withdrawn = try await lost.reach("withdrawn") { $0.stop?.phase == .withdrawn }
        #expect(withdrawn.stop?.failure?.message.contains("The source does not answer") == true)
        lost.replicator.change { $0.isSourceReachable = true }
        await expectQuiet(lost)

        let crowded = Stage(gracefulSlots: 1)
        try await crowded.createAndFollow("t1")
        try await crowded.createAndFollow("t2")
        crowded.replicator.change { $0.drainsFlow = false }
        try await crowded.stop(StopOrder(stopID: "s1"), "t1")
        try await crowded.reach("draining", "t1") { $0.stop?.phase == .draining }
        try await crowded.stop(StopOrder(stopID: "s2", drainDeadlineMs: 200), "t2")
        let queued = try await crowded.reach("withdrawn", "t2") { $0.stop?.phase == .withdrawn }
        #expect(queued.stop?.failure?.message.contains("one of the stops that run now") == true)
        await expectQuiet(crowded)
    }

    @Test func aJumpOfTheWallClockDoesNotStrike() async throws {
        let stage = Stage()
        try await heldUp(stage, .keepRunning, deadlineMs: 60_000)
        try await stage.reach("draining") { $0.stop?.phase == .draining }
        stage.clock.advance(byMs: 86_400_000)
        // Time for a deadline that reads the wall clock to strike; a right one is far away.
        try await Task.sleep(for: .milliseconds(100))
        #expect(try await stage.state().stop?.phase == .draining)
        stage.replicator.change { $0.drainsFlow = true }
        #expect(try await stage.reach(.stopped).stop?.drained == true)
        await expectQuiet(stage)
    }

    @Test func aDeadlineThatPassedWhileTheServerWasDownStrikesAtTheStart() async throws {
        let first = Stage()
        try await heldUp(first, .keepRunning, deadlineMs: 60_000)
        try await first.reach("draining") { $0.stop?.phase == .draining }
        await first.pool.shutDown()
        first.clock.advance(byMs: 60_001)
        let stage = try await first.restarted()
        let state = try await stage.reach("withdrawn") { $0.stop?.phase == .withdrawn }
        #expect(state.record.status == .incrementalMigration)
        await expectQuiet(stage)
    }

    /// Nothing is taken back once triggers move, however late they are.
    @Test func theDeadlineDoesNotReachBeyondTheDrain() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.movesFlow = false }
        try await stage.stop(StopOrder(stopID: "s1", drainDeadlineMs: 500))
        try await stage.reach("moving") { $0.stop?.phase == .migratingTriggers }
        try await Task.sleep(for: .milliseconds(700))
        stage.replicator.change { $0.movesFlow = true }
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.drained && !stop.deadlinePassed)
        await expectQuiet(stage)
    }

    @Test func aTargetThatWasPassedWithdrawsTheStop() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.isTargetPassed = true }
        try await stage.stop(StopOrder(stopID: "s1", drainTo: DrainTarget(point: .time, timeMs: 1_999)))
        let state = try await stage.reach("withdrawn") { $0.stop?.phase == .withdrawn }
        #expect(state.stop?.failure?.code == "DRAIN_TARGET_PASSED" && state.record.status == .incrementalMigration)
        #expect(stage.replicator.read(\.targets) == [.time(seconds: 1)], "whole seconds, cut off")
        await expectQuiet(stage)
    }

    @Test(arguments: [
        (DrainTarget(point: .gtid, gtid: "0-1-77"), "0-1-77", FollowTarget.position("0-1-77")),
        (DrainTarget(point: .time, timeMs: 5_700), "0-1-3", .time(seconds: 5)),
        (DrainTarget(point: .applied), "0-1-5", .position("0-1-5")),
        (DrainTarget(point: .current), "0-1-9", .position("0-1-9")),
    ])
    func eachPointIsDrainedTo(_ target: DrainTarget, _ requested: String, _ follows: FollowTarget) async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.sourceSequence = 9 }
        try await stage.stop(StopOrder(stopID: "s1", drainTo: target))
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.requestedPosition == requested && stop.appliedPosition == requested && stop.drained)
        #expect(stage.replicator.read(\.targets) == [follows] && stop.drainTo == target)
        await expectQuiet(stage)
    }

    /// Retries for a minute would be a hundred revisions; the log is told of each reason once, and of attempts by doubling.
    @Test func aStopThatIsHeldUpWritesFewRevisions() async throws {
        var notice = BlockedNotice()
        let begin = ContinuousClock.now
        let told = (1...1_000).filter {
            notice.isDue("The source does not answer.", attempts: UInt32($0), now: begin + .seconds($0 * 10))
        }
        #expect(told == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    }

    @Test func aReasonThatChangesAllTheTimeIsToldOnceAMinute() {
        var notice = BlockedNotice()
        let begin = ContinuousClock.now
        let told = (1...3_600).filter { second in
            notice.isDue("waiting, \(second) s", attempts: 3, now: begin + .seconds(second))
        }
        #expect(told.count <= 10 + 60 && told.count >= 60)
    }
}

@Suite struct PhaseDeadlinesTests {
    @Test func theFirstLookCountsAndJumpsAreBounded() {
        let deadlines = PhaseDeadlines()
        let now = ContinuousClock.now
        let due = deadlines.due("s", startedAtMs: 1_000, allowedMs: 60_000, nowMs: 11_000)
        #expect(due >= now + .seconds(50) && due <= .now + .seconds(50))
        #expect(deadlines.due("s", startedAtMs: 1_000, allowedMs: 60_000, nowMs: 99_999_999) == due)
        // Another attempt, seen by a clock set back: no longer than it may take.
        let again = deadlines.due("s", startedAtMs: 2_000, allowedMs: 60_000, nowMs: -99_999_999)
        #expect(again <= .now + .seconds(60) && again > due)
        deadlines.forget("s")
        #expect(deadlines.due("s", startedAtMs: 2_000, allowedMs: 60_000, nowMs: 99_999_999) <= .now)
    }
}
