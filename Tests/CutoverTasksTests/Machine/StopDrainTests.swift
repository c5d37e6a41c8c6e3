import CutoverModel
import CutoverTasks
import Testing

/// Where a drain ends, and what happens when it takes too long.
@Suite struct StopDrainTests {
    static let gtid = DrainTarget(point: .gtid, gtid: "0-1-9")
    static let time = DrainTarget(point: .time, timeMs: 5_000)
    static let timedOut = StopStep.failed(TaskFailure(code: "TIMED_OUT"))

    func accepted(_ order: StopOrder, _ status: TaskStatus = .incrementalMigration) throws -> TaskState {
        try TaskState.at(status).accepting(order)
    }

    func began(_ position: String) -> StopStep { .drainBegan(requestedPosition: position, objectsKnownAtMs: 1) }

    /// The receipt of a stop that was called off says how far it had come, and never that it drained.
    @Test(arguments: ["0-1-44", "0-1-45"]) func aStopThatIsCalledOffKeepsItsPositions(_ applied: String) throws {
        let state = try accepted(StopOrder(stopID: "s")).stepping(began("0-1-45"))
        let counters = StopCounters(
            MigrationProgress(rowsApplied: 7, receivedPosition: "0-1-45", appliedPosition: applied))
        let decision = try StopMachine.cancel(state, actor: "ann", reason: "", counters: counters, nowMs: 9)
        guard case .withdrawn(let transition) = decision else { throw FixtureError.notAccepted }
        let stop = try #require(transition.state.stop)
        #expect(stop.phase == .withdrawn && !stop.drained)
        #expect(stop.requestedPosition == "0-1-45" && stop.receivedPosition == "0-1-45")
        #expect(stop.appliedPosition == applied && stop.rowsApplied == 7)
    }

    // MARK: - Targets

    @Test func theDefaultFollowsTheStatus() throws {
        #expect(try accepted(StopOrder(stopID: "s")).stop?.drainTo == DrainTarget(point: .current))
        #expect(try accepted(StopOrder(stopID: "s"), .paused).stop?.drainTo == DrainTarget(point: .applied))
        let asked = StopOrder(stopID: "s", drainTo: DrainTarget(point: .current))
        #expect(try accepted(asked, .paused).stop?.drainTo == DrainTarget(point: .current))
    }

    @Test(arguments: [("0-1-8", true), ("0-1-9", true), ("0-1-9,1-1-4", true), ("0-1-10", false)])
    func aGTIDThatWasPassedIsRefused(_ applied: String, _ isLegal: Bool) {
        let order = StopOrder(stopID: "s", drainTo: Self.gtid, appliedPosition: applied)
        let state = TaskState.at(.incrementalMigration)
        let result = Result { () throws(Refusal) in try StopMachine.decide(order, for: state, nowMs: 1) }
        switch result {
        case .success: #expect(isLegal)
        case .failure(let refusal): #expect(!isLegal && refusal.reason == .drainTargetPassed)
        }
    }

    @Test(arguments: [("0-1-9", true), ("0-7-9,1-1-4", true), ("0-1-8", false), ("0-1-10", false)])
    func aGTIDIsDrainedExactly(_ applied: String, _ isDrained: Bool) throws {
        let state = try accepted(StopOrder(stopID: "s", drainTo: Self.gtid))
            .stepping(began("0-1-4711"), .drainEnded(.at(applied: applied), reached: "0-1-4711"))
        #expect(state.stop?.requestedPosition == "0-1-9", "what was asked for, whatever the worker says")
        #expect(state.stop?.drained == isDrained && state.record.status == (isDrained ? .stopping : .stopFailed))
    }

    /// Also when there was nothing before the time, and when older counters come in afterwards.
    @Test(arguments: ["0-1-9", ""]) func aTimeIsDrainedOnceItsPositionIsKnown(_ reached: String) throws {
        let draining = try accepted(StopOrder(stopID: "s", drainTo: Self.time)).stepping(began("0-1-4711"))
        #expect(draining.stop?.requestedPosition == "" && draining.stop?.drained == false)
        let stopped = try draining.stepping(
            .drainEnded(.at(applied: reached), reached: reached), .triggersMoved([]), .eventsMoved([]),
            .released(StopRelease(fenceEpoch: 5), .at(applied: "")))
        #expect(stopped.stop?.drained == true && stopped.stop?.requestedPosition == reached)
        let short = try draining.stepping(.drainEnded(.at(applied: "0-1-10"), reached: reached))
        #expect(short.record.status == .stopFailed && short.stop?.drained == false)
    }

    /// Counters that were saved a while ago may stand at the target although the destination is beyond it.
    @Test(arguments: [Self.gtid, Self.time])
    func onlyItsDrainTellsThatAnExactTargetWasKept(_ target: DrainTarget) throws {
        let draining = try accepted(StopOrder(stopID: "s", reason: "fire", drainTo: target)).stepping(began("0-1-9"))
        let old = StopCounters.at(applied: "0-1-9")
        let forced = try draining.accepting(StopOrder(stopID: "t", reason: "fire", mode: .forced))
        let stopped = try forced.stepping(.released(StopRelease(fenceEpoch: 5), old))
        #expect(stopped.record.status == .stopped && stopped.stop?.drained == false)
        #expect(stopped.stop?.appliedPosition == "0-1-9")
        let missed = try missed(.stopUndrained, target: target, at: "0-1-9")
        #expect(missed.stop?.drained == false && missed.stop?.deadlinePassed == true)
    }

    // MARK: - Deadlines

    func order(_ policy: OnDeadline, target: DrainTarget? = nil) -> StopOrder {
        StopOrder(stopID: "s", reason: "fire", drainDeadlineMs: 500, drainTo: target, onDeadline: policy)
    }

    func missed(_ policy: OnDeadline, target: DrainTarget? = nil, at applied: String = "0-1-4") throws -> TaskState {
        try accepted(order(policy, target: target))
            .stepping(began("0-1-9"), .deadlinePassed(.at(applied: applied), blocker: "a lock on shop.orders"))
    }

    @Test func theTimeCountsFromAcceptance() throws {
        #expect(try accepted(order(.force)).stop?.drainDeadlineAtMs == 600)
        #expect(try accepted(StopOrder(stopID: "s")).stop?.drainDeadlineAtMs == 0)
    }

    @Test(arguments: [OnDeadline.unspecified, .keepRunning]) func keepRunningWithdraws(_ policy: OnDeadline) throws {
        let state = try missed(policy)
        let stop = try #require(state.stop)
        #expect(state.record.status == .incrementalMigration && stop.phase == .withdrawn && stop.deadlinePassed)
        #expect(stop.failure?.code == "DRAIN_DEADLINE" && stop.failure?.message.contains("shop.orders") == true)
        #expect(stop.appliedPosition == "0-1-4" && stop.endedAtMs > 0 && stop.phases.allSatisfy { $0.endedAtMs > 0 })
    }

    @Test func stopUndrainedMovesObjectsAndSaysSo() throws {
        let stopped = try missed(.stopUndrained).stepping(
            .triggersMoved([]), .eventsMoved([]), .released(StopRelease(fenceEpoch: 5), .at(applied: "0-1-4")))
        let stop = try #require(stopped.stop)
        #expect(
            stopped.record.status == .stopped && !stop.drained && stop.deadlinePassed && stop.modeTaken == .graceful)
    }

    @Test func forceGoesOnByForce() throws {
        let stop = try #require(try missed(.force).stop)
        #expect(stop.phase == .releasing && stop.modeTaken == .forced && stop.deadlinePassed)
        #expect(stop.modeReason.contains("FORCE") && stop.drainDeadlineAtMs == 0)
    }

    @Test func forceNeedsAReason() {
        #expect(throws: Refusal.self) { try accepted(StopOrder(stopID: "s", onDeadline: .force)) }
    }

    @Test(arguments: [OnDeadline.keepRunning, .stopUndrained, .force])
    func aDrainThatCameToItsEndInTimeIsNotMissed(_ policy: OnDeadline) throws {
        let state = try missed(policy, at: "0-1-9")
        #expect(state.stop?.phase == .migratingTriggers && state.stop?.drained == true)
        #expect(state.stop?.deadlinePassed == false && state.stop?.modeTaken == .graceful)
    }

    @Test func aCompletionThatTakesTooLongFails() throws {
        var record = TaskState.at(.fullMigration).record
        record.kind = .fullOnly
        let completing = try #require(
            TaskMachine.apply(.copyEnded, epoch: 3, to: TaskState(record: record), policy: RepairPolicy(), nowMs: 1))
        let failed = try completing.state.stepping(.deadlinePassed(nil, blocker: ""))
        #expect(failed.record.status == .stopFailed && failed.stop?.deadlinePassed == false)
        #expect(throws: Refusal.self) { try StopMachine.cancel(failed, actor: "", reason: "", nowMs: 1) }
    }

    // MARK: - Retries

    @Test func aRetryMayNameAnotherTargetBeforeThePointOfNoReturn() throws {
        let failed = try accepted(order(.keepRunning, target: Self.time)).stepping(began(""), Self.timedOut)
        let retried = try failed.accepting(
            StopOrder(stopID: "s2", drainTo: DrainTarget(point: .applied)), nowMs: 1_000)
        let stop = try #require(retried.stop)
        #expect(stop.id == "s" && stop.phase == .accepted && stop.drainTo == DrainTarget(point: .applied))
        #expect(stop.requestedPosition.isEmpty && stop.drainDeadlineAtMs == 1_500 && stop.onDeadline == .keepRunning)
        // Until the new drain has begun nothing is drained, although an empty position is reached by any.
        let forced = try retried.accepting(StopOrder(stopID: "s3", reason: "fire", mode: .forced))
            .stepping(.released(StopRelease(fenceEpoch: 5), .at(applied: "0-1-100")))
        #expect(forced.stop?.drained == false)
    }

    @Test func aRetryCannotChangeADrainThatIsOver() throws {
        let failed = try missed(.stopUndrained).stepping(Self.timedOut)
        let refusal = #expect(throws: Refusal.self) {
            try failed.accepting(StopOrder(stopID: "s2", drainTo: Self.gtid))
        }
        #expect(refusal?.reason == .pastNoReturn)
        let retried = try failed.accepting(StopOrder(stopID: "s2", drainDeadlineMs: 9, onDeadline: .keepRunning))
        let stop = try #require(retried.stop)
        #expect(stop.phase == .migratingTriggers && stop.onDeadline == .stopUndrained && stop.deadlinePassed)
        #expect(stop.drainDeadlineMs == 500)
    }

    @Test func aRetriedDrainHasItsTimeAnew() throws {
        let failed = try accepted(order(.force)).stepping(began("0-1-9"), Self.timedOut)
        let retried = try failed.accepting(StopOrder(stopID: "s2"), nowMs: 2_000)
        #expect(retried.stop?.drainDeadlineAtMs == 2_500 && retried.stop?.phase == .draining)
        let missed = try retried.stepping(.deadlinePassed(nil, blocker: ""))
        #expect(missed.stop?.modeTaken == .forced, "the terms that the retry left open stand")
    }

    @Test func stepsOfAnEarlierAttemptAreStale() throws {
        let first = try accepted(order(.keepRunning, target: Self.time)).stepping(began(""))
        let stop = try #require(first.stop)
        let ended = StopStep.drainEnded(.at(applied: "0-1-9"), reached: "0-1-9")
        let later = DrainTarget(point: .time, timeMs: 9_000)
        let again = try first.stepping(Self.timedOut).accepting(StopOrder(stopID: "s2", drainTo: later))
            .stepping(began(""))
        #expect(StopMachine.apply(ended, of: stop, to: first, nowMs: 1) != nil)
        #expect(StopMachine.apply(ended, of: stop, to: again, nowMs: 1) == nil)
        #expect(StopMachine.apply(.blocked("x", attempts: 1), of: stop, to: again, nowMs: 1) == nil)
        let same = try first.stepping(Self.timedOut).accepting(StopOrder(stopID: "s2"))
        #expect(StopMachine.apply(ended, of: stop, to: same, nowMs: 1) == nil, "a position of the attempt before")
        #expect(StopMachine.apply(.blocked("x", attempts: 1), of: stop, to: same, nowMs: 1) != nil)
    }
}
