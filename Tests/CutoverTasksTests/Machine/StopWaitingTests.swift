import CutoverModel
import CutoverTasks
import Testing

/// A stop that waits for a repair to end (WHEN_ILLEGAL_WAIT).
@Suite struct StopWaitingTests {
    let policy = RepairPolicy(maxAttempts: 2, firstDelayMs: 100, maxDelayMs: 1_000)
    let fault = TaskFailure(code: "SOURCE_UNREACHABLE", retriable: true)

    /// A task that is being repaired, with an attempt under way, and a stop that waits for it.
    func waiting(
        _ mode: StopMode, drainTo: DrainTarget? = nil, attempts: UInt32 = 1, kind: MigrationKind = .fullAndIncremental,
        copyDone: Bool = true
    ) throws -> TaskState {
        var state = TaskState.inRow("FAULT_RECTIFICATION repairing")
        state.record.repairAttempts = attempts
        state.record.previousStatus = copyDone ? .incrementalMigration : .fullMigration
        state.record.copyDone = copyDone
        state.record.kind = kind
        let order = StopOrder(
            stopID: "s1", requestID: "r1", actor: "ann", reason: "move", mode: mode, drainDeadlineMs: 500,
            drainTo: drainTo, whenIllegal: .wait)
        let waiting = try state.accepting(order)
        #expect(waiting.stop?.phase == .waiting && waiting.record.status == .faultRectification)
        #expect(waiting.stop?.blocker.isEmpty == false && waiting.record.stopId == "s1")
        return waiting
    }

    func report(_ report: WorkerReport, _ state: TaskState) throws -> TaskTransition {
        try #require(
            TaskMachine.apply(report, epoch: state.record.epoch, to: state, policy: policy, nowMs: 300))
    }

    @Test func autoIsGracefulAfterTheRepairAndForcedWithoutIt() throws {
        let repaired = try report(.claimed(.following(position: "0-1-1")), waiting(.auto)).state
        #expect(repaired.record.status == .stopping && repaired.stop?.modeTaken == .graceful)
        #expect(repaired.stop?.phase == .accepted && repaired.stop?.acceptedAtMs == 300)
        #expect(repaired.stop?.statusBefore == .incrementalMigration && repaired.stop?.drainDeadlineAtMs == 800)
        #expect(repaired.stop?.drainTo?.point == .current)
        let between = try report(.workerFailed(fault), waiting(.auto)).state
        #expect(between.record.status == .stopping && between.stop?.modeTaken == .forced)
        #expect(between.record.repairDueAtMs == 0 && !between.record.repairRunning && between.stop?.escalated == false)
        let last = try report(.workerFailed(fault), waiting(.auto, attempts: 2)).state
        #expect(last.record.status == .stopping && last.stop?.statusBefore == .incrementalMigrationFailed)
    }

    @Test func gracefulWaitsBetweenAttemptsAndIsWithdrawnAfterTheLast() throws {
        let between = try report(.workerFailed(fault), waiting(.graceful)).state
        #expect(between.record.status == .faultRectification && between.stop?.phase == .waiting)
        #expect(between.record.repairDueAtMs > 0, "the repair goes on")
        let again = try report(.workerStarting, between).state
        let repaired = try report(.claimed(.following(position: "0-1-1")), again).state
        #expect(repaired.record.status == .stopping && repaired.stop?.phases.map(\.phase) == [.waiting, .accepted])
        let last = try report(.workerFailed(fault), waiting(.graceful, attempts: 2))
        #expect(last.state.record.status == .incrementalMigrationFailed && last.seals == .withdrawn)
        #expect(last.state.stop?.phase == .withdrawn && last.state.stop?.failure?.code == "TASK_ABNORMAL")
        #expect(last.state.stop?.withdrawnBy == "cutover")
    }

    @Test func forcedStaysForcedWhateverBecomesOfTheRepair() throws {
        for report in [WorkerReport.claimed(.following(position: "0-1-1")), .workerFailed(fault)] {
            let stop = try #require(self.report(report, waiting(.forced)).state.stop)
            #expect(stop.modeTaken == .forced && stop.phase == .releasing && !stop.escalated)
        }
    }

    @Test func aForcedOrderTakesTheWaitingStopOver() throws {
        let force = StopOrder(
            stopID: "s2", requestID: "r2", actor: "bob", reason: "fire", mode: .forced, whenIllegal: .wait)
        let escalated = try waiting(.graceful).accepting(force)
        #expect(escalated.stop?.phase == .waiting && escalated.stop?.escalated == true)
        for state in [
            try report(.claimed(.following(position: "0-1-1")), escalated).state,
            try report(.workerFailed(fault), waiting(.graceful)).state.accepting(force),
        ] {
            let stop = try #require(state.stop)
            #expect(state.record.status == .stopping && stop.modeTaken == .forced && stop.escalated)
            #expect(stop.id == "s1" && stop.requestId == "r1" && stop.modeAsked == .graceful)
            #expect(stop.actor == "bob" && stop.reason == "fire" && stop.modeReason.contains("overtook"))
        }
    }

    @Test func autoNeverOvertakes() throws {
        let between = try report(.workerFailed(fault), waiting(.graceful)).state
        #expect(try StopMachine.decide(StopOrder(stopID: "s2", mode: .auto), for: between, nowMs: 1) == .inProgress)
    }

    @Test func aTaskPausedBetweenAttemptsIsStoppedWhereItStands() throws {
        let between = try report(.workerFailed(fault), waiting(.graceful)).state
        let paused = try TaskMachine.apply(.pause, to: between, nowMs: 400).state
        #expect(paused.record.status == .stopping && paused.stop?.statusBefore == .paused)
        #expect(paused.stop?.drainTo?.point == .applied && paused.stop?.modeTaken == .graceful)
    }

    @Test func aWaitingStopIsWithdrawnAndTheRepairGoesOn() throws {
        let state = try waiting(.graceful)
        guard case .withdrawn(let gone) = try StopMachine.cancel(state, actor: "ann", reason: "no", nowMs: 9) else {
            throw FixtureError.notAccepted
        }
        #expect(gone.state.record.status == .faultRectification && gone.state.record.repairRunning)
        let repaired = try report(.claimed(.following(position: "0-1-1")), gone.state).state
        #expect(repaired.record.status == .incrementalMigration && repaired.stop?.phase == .withdrawn)
    }

    /// The copy had ended at the destination, but the server did not know: the repair finds the task complete.
    @Test func aWaitingStopBecomesTheCompletion() throws {
        let found = WorkerReport.claimed(.following(position: "0-1-1"))
        let state = try report(found, waiting(.auto, kind: .fullOnly, copyDone: false)).state
        let stop = try #require(state.stop)
        #expect(stop.id == "s1" && stop.completes && stop.modeTaken == .graceful && stop.phase == .accepted)
        #expect(stop.copyComplete && stop.drainTo?.point == .applied && !state.record.repairRunning)
        let forced = try report(found, waiting(.forced, kind: .fullOnly, copyDone: false)).state
        #expect(
            forced.stop?.completes == false && forced.stop?.phase == .releasing && forced.stop?.copyComplete == true)
    }

    @Test func anExactTargetNeedsATaskThatFollows() throws {
        let target = DrainTarget(point: .gtid, gtid: "0-1-9")
        #expect(throws: Refusal.self) { try waiting(.graceful, drainTo: target, copyDone: false) }
        // AUTO would have been forced, without a drain; the repair made it graceful, but found the task still copying.
        let copying = try report(.claimed(.copying), waiting(.auto, drainTo: target, copyDone: false)).state
        #expect(copying.record.status == .fullMigration && copying.stop?.phase == .withdrawn)
        #expect(copying.stop?.failure?.code == "NOT_FOLLOWING")
    }

    @Test func anInterruptedAttemptIsCountedOnce() throws {
        var state = TaskState.inRow("FAULT_RECTIFICATION")
        for _ in 0..<5 { state = try report(.workerStarting, state).state }
        #expect(state.record.repairAttempts == 1 && state.record.repairRunning)
    }

    @Test func whoReportsBetweenTwoAttemptsIsLate() {
        let state = TaskState.inRow("FAULT_RECTIFICATION")
        for report in [WorkerReport.claimed(.following(position: "0-1-1")), .workerFailed(fault)] {
            #expect(
                TaskMachine.apply(report, epoch: state.record.epoch, to: state, policy: policy, nowMs: 1) == nil)
        }
    }
}
