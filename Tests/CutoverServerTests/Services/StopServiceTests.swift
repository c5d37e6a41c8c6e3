import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct StopServiceTests {
    /// A task that follows its source, and the calls about its stop.
    func following(_ stage: Stage = Stage()) async throws -> StopDesk {
        try await stage.createAndFollow()
        return StopDesk(stage)
    }

    func expectQuiet(_ desk: StopDesk) async {
        let end = await desk.close()
        #expect(end.open == 0 && end.stray == 0)
    }

    // MARK: - Requests sent again

    @Test func aRequestSentAgainIsAnsweredTheSame() async throws {
        let desk = try await following()
        let request = StopTaskRequest(taskId: "t1", reason: "move", requestId: "r1")
        let first = try await desk.stop(request)
        #expect(first.result == .accepted && first.receipt == nil)
        try await desk.stage.reach(.stopped)
        let again = try await desk.stop(request)
        #expect(again.result == .stopped && again.stop?.id == first.stop?.id && again.receipt != nil)
        var other = request
        other.reason = "something else"
        let refusal = await desk.refusal { _ = try await desk.stop(other) }
        #expect(refusal?.reason == "REQUEST_ID_REUSED")
        let later = try await desk.stop(StopTaskRequest(taskId: "t1", requestId: "r2"))
        #expect(later.result == .alreadyStopped && later.receipt == again.receipt)
        await expectQuiet(desk)
    }

    @Test func theServersDeadlineShowsInTheStop() async throws {
        let desk = try await following()
        desk.stage.replicator.change { $0.drainsFlow = false }
        let accepted = try await desk.stop(StopTaskRequest(taskId: "t1"))
        #expect(accepted.stop?.drainDeadlineMs == 60_000)
        #expect(accepted.stop?.drainDeadlineAtMs == desk.stage.clock.nowMs + 60_000)
        await expectQuiet(desk)
    }

    // MARK: - Plans

    @Test func aPlanThatStillHoldsIsCarriedOut() async throws {
        let desk = try await following()
        let plan = try await desk.plan()
        #expect(plan.legal && plan.modeTaken == .graceful && plan.planHash.count == 32)
        #expect(plan.objectsKnown && plan.triggers == 1 && plan.objects.map(\.result) == [.created])
        #expect(plan.objects.allSatisfy { $0.sql.isEmpty }, "a plan holds no SQL")
        #expect(try await desk.plan().planHash == plan.planHash, "the same plan has the same hash")
        #expect(try await desk.stage.state().stop == nil, "a plan changes nothing")
        let response = try await desk.stop(StopTaskRequest(taskId: "t1", planHash: plan.planHash))
        #expect(response.result == .accepted)
        try await desk.stage.reach(.stopped)
        await expectQuiet(desk)
    }

    @Test func whatDoesNotMatterToTheStopDoesNotChangeThePlan() async throws {
        let desk = try await following()
        let plan = try await desk.plan()
        desk.stage.replicator.change {
            $0.sourceSequence = 99
            $0.shown = MigrationProgress(
                rowsApplied: 7, sourcePosition: "0-1-99", lagMs: 9_000, backlogTransactions: 40)
        }
        let later = try await desk.plan()
        #expect(later.lagMs == 9_000 && later.backlogTransactions == 40 && later.planHash == plan.planHash)
        await expectQuiet(desk)
    }

    @Test func aPlanForOtherTermsIsRefused() async throws {
        let desk = try await following()
        let hash = try await desk.plan().planHash
        let others = [
            StopTaskRequest(taskId: "t1", mode: .forced, reason: "fire", planHash: hash),
            StopTaskRequest(taskId: "t1", requireAllObjects: true, planHash: hash),
            StopTaskRequest(taskId: "t1", drainDeadlineMs: 5, planHash: hash),
            StopTaskRequest(taskId: "t1", drainTo: DrainTarget(point: .applied), planHash: hash),
            StopTaskRequest(taskId: "t1", onDeadline: .stopUndrained, planHash: hash),
            StopTaskRequest(taskId: "t1", whenIllegal: .wait, planHash: hash),
        ]
        for request in others {
            let refusal = await desk.refusal { _ = try await desk.stop(request) }
            #expect(refusal?.status == .aborted && refusal?.reason == "PLAN_CHANGED", "\(request)")
        }
        #expect(try await desk.stage.state().stop == nil, "nothing was accepted")
        await expectQuiet(desk)
    }

    @Test func aPlanThatWouldBeAnotherNowIsRefused() async throws {
        let changes: [@Sendable (Stage) async throws -> Void] = [
            { try await $0.order(.pause) },
            { $0.replicator.change { $0.triggersFail = true } },
            {
                $0.replicator.change {
                    $0.objects.append(ObjectOutcome(kind: .event, database: "shop", name: "e", result: .leftBehind))
                }
            },
        ]
        for change in changes {
            let desk = try await following()
            let hash = try await desk.plan().planHash
            try await change(desk.stage)
            let refusal = await desk.refusal {
                _ = try await desk.stop(StopTaskRequest(taskId: "t1", planHash: hash))
            }
            #expect(refusal?.reason == "PLAN_CHANGED")
            #expect(try await desk.stage.state().stop == nil)
            await expectQuiet(desk)
        }
    }

    /// Between the look at both ends and the write, somebody pauses the task: the plan that was looked at is not what would be
    /// carried out.
    @Test func aChangeBetweenTheLookAndTheWriteIsSeen() async throws {
        let desk = try await following()
        let hash = try await desk.plan().planHash
        let stage = desk.stage
        stage.replicator.change { $0.onLook = { try? await stage.order(.pause) } }
        let refusal = await desk.refusal { _ = try await desk.stop(StopTaskRequest(taskId: "t1", planHash: hash)) }
        #expect(refusal?.reason == "PLAN_CHANGED")
        let state = try await stage.state()
        #expect(state.record.status == .paused && state.stop == nil)
        await expectQuiet(desk)
    }

    @Test(arguments: [1, 31, 33])
    func aHashOfAnotherLengthIsNone(_ length: Int) async throws {
        let desk = try await following()
        let refusal = await desk.refusal {
            _ = try await desk.stop(StopTaskRequest(taskId: "t1", planHash: [UInt8](repeating: 1, count: length)))
        }
        #expect(refusal?.status == .invalidArgument)
        await expectQuiet(desk)
    }

    @Test func aPlanSaysHowLongTheDrainWouldTake() async throws {
        let desk = try await following()
        #expect(try await !desk.plan().drainEstimateKnown, "nothing was heard from the source yet")
        desk.stage.replicator.change { $0.shown = MigrationProgress(sourcePosition: "0-1-5") }
        let caughtUp = try await desk.plan()
        #expect(caughtUp.drainEstimateKnown && caughtUp.drainEstimateMs == 0)
        let applied = try await desk.plan(
            PlanStopRequest(taskId: "t1", drainTo: DrainTarget(point: .applied)))
        #expect(applied.drainEstimateKnown && applied.drainEstimateMs == 0)
        #expect(applied.losses.contains { $0.contains("not applied") })
        await expectQuiet(desk)
    }

    @Test func aForcedPlanListsWhatIsLost() async throws {
        let desk = try await following()
        let plan = try await desk.plan(PlanStopRequest(taskId: "t1", mode: .forced))
        #expect(plan.legal && plan.modeTaken == .forced && plan.objects.map(\.result) == [.leftBehind])
        #expect(plan.losses.contains("1 trigger is not moved; the receipt lists the SQL."))
        #expect(plan.objects.allSatisfy { $0.sql.isEmpty })
        await expectQuiet(desk)
    }

    // MARK: - Lost privileges

    @Test func aStopThatCouldNotMoveItsObjectsIsRefusedAndTheTaskRunsOn() async throws {
        let desk = try await following()
        let before = try await desk.stage.state()
        desk.stage.replicator.change { $0.seesObjects = false }
        let refusal = await desk.refusal { _ = try await desk.stop(StopTaskRequest(taskId: "t1", mode: .graceful)) }
        #expect(refusal?.status == .failedPrecondition && refusal?.reason == "PRIVILEGE_MISSING")
        #expect(refusal?.message.contains("TRIGGER") == true)
        #expect(try await desk.stage.state() == before, "nothing was accepted")
        let plan = try await desk.plan()
        #expect(!plan.legal && plan.refusal?.reason == "PRIVILEGE_MISSING")
        let planned = await desk.refusal {
            _ = try await desk.stop(StopTaskRequest(taskId: "t1", planHash: plan.planHash))
        }
        #expect(planned?.reason == "PRIVILEGE_MISSING")
        #expect(try await desk.stop(StopTaskRequest(taskId: "t1", mode: .forced, reason: "fire")).result == .accepted)
        try await desk.stage.reach(.stopped)
        await expectQuiet(desk)
    }

    /// The privilege goes after the preflight: the stop is withdrawn before its point of no return.
    @Test func aPrivilegeLostLaterWithdrawsTheStop() async throws {
        let desk = try await following()
        desk.stage.replicator.change { $0.claimsFlow = false }
        let stop = try await desk.stop(StopTaskRequest(taskId: "t1", requestId: "r1")).stop
        desk.stage.replicator.change {
            $0.seesObjects = false
            $0.claimsFlow = true
        }
        let state = try await desk.stage.reach("runs on") {
            $0.stop?.phase == .withdrawn && $0.record.status == .incrementalMigration
        }
        #expect(state.stop?.failure?.code == "PRIVILEGE_MISSING" && state.stop?.withdrawnBy == "cutover")
        let again = try await desk.stop(StopTaskRequest(taskId: "t1", requestId: "r1"))
        #expect(again.result == .withdrawn && again.stop?.id == stop?.id && again.receipt?.kind == .withdrawn)
        #expect(again.status == .incrementalMigration)
        await expectQuiet(desk)
    }

    @Test func aSourceThatDoesNotAnswerRefusesNothing() async throws {
        let desk = try await following()
        desk.stage.replicator.change { $0.looksFlow = false }
        #expect(try await desk.stop(StopTaskRequest(taskId: "t1")).result == .accepted)
        desk.stage.replicator.change { $0.looksFlow = true }
        try await desk.stage.reach(.stopped)
        await expectQuiet(desk)
    }

    // MARK: - Modes

    @Test func autoForcesWhenAnEndHasLongBeenUnreachable() async throws {
        let desk = try await following()
        let since = desk.stage.clock.nowMs
        desk.stage.replicator.change { $0.shown = MigrationProgress(sourceUnreachableSinceMs: since) }
        #expect(try await desk.plan().modeTaken == .graceful)
        desk.stage.clock.advance(byMs: 41_000)
        let plan = try await desk.plan()
        #expect(plan.modeTaken == .forced && plan.modeReason.contains("source has been unreachable for 41 s"))
        let response = try await desk.stop(StopTaskRequest(taskId: "t1"))
        #expect(response.stop?.modeTaken == .forced && response.stop?.modeAsked == .auto)
        try await desk.stage.reach(.stopped)
        await expectQuiet(desk)
    }

    @Test func aGTIDThatWasPassedIsRefused() async throws {
        let desk = try await following()
        try await desk.stage.order(.pause)
        try await desk.stage.condition("worker closed") { desk.stage.replicator.read(\.openWorkers) == 0 }
        desk.stage.replicator.change { $0.checkpoint = .following(position: "0-1-9") }
        try await desk.stage.order(.resume)
        try await desk.stage.condition("a worker counts on") {
            desk.stage.context.board.progress(of: "t1")?.appliedPosition == "0-1-9"
        }
        let refusal = await desk.refusal {
            _ = try await desk.stop(
                StopTaskRequest(taskId: "t1", drainTo: DrainTarget(point: .gtid, gtid: "0-1-8")))
        }
        #expect(refusal?.reason == "DRAIN_TARGET_PASSED" && refusal?.message.contains("0-1-9") == true)
        await expectQuiet(desk)
    }

    @Test func aStopOrderedDuringARepairWaitsAndDoesNotDisturbIt() async throws {
        let desk = try await following()
        desk.stage.replicator.change {
            $0.claimsFlow = false
            $0.faults = [ReplicationError(.sourceUnreachable, "The source does not answer.")]
        }
        let repair = try await desk.stage.reach("an attempt") { $0.record.repairRunning }
        let refused = await desk.refusal { _ = try await desk.stop(StopTaskRequest(taskId: "t1")) }
        #expect(refused?.reason == "REPAIR_UNDER_WAY")
        let plan = try await desk.plan(PlanStopRequest(taskId: "t1", whenIllegal: .wait))
        #expect(plan.legal && plan.waits)
        let waiting = try await desk.stop(StopTaskRequest(taskId: "t1", whenIllegal: .wait))
        #expect(waiting.result == .accepted && waiting.stop?.phase == .waiting && waiting.status == .faultRectification)
        #expect(try await desk.get().result == .inProgress)
        desk.stage.replicator.change { $0.claimsFlow = true }
        let stopped = try await desk.stage.reach(.stopped)
        #expect(stopped.stop?.modeTaken == .graceful && stopped.stop?.drained == true)
        #expect(stopped.record.repairAttempts == repair.record.repairAttempts, "the attempt was left alone")
        await expectQuiet(desk)
    }

    // MARK: - While it lasts

    @Test func aDrainShowsItsCountersItsBlockerAndItsEnd() async throws {
        let desk = try await following()
        desk.stage.replicator.change {
            $0.sourceSequence = 1_000
            $0.drainsFlow = false
            $0.shown = MigrationProgress(
                transactionsApplied: 40, rowsApplied: 80, receivedPosition: "0-1-900",
                blocker: "waiting for transaction 0-1-41 on shop.orders, 7 s")
        }
        _ = try await desk.stop(StopTaskRequest(taskId: "t1"))
        try await desk.stage.reach("draining") { $0.stop?.phase == .draining }
        let revision = try await desk.stage.store.revision()
        let live = try #require(try await desk.get().stop)
        #expect(live.blocker.contains("shop.orders") && live.rowsApplied >= 80 && live.transactionsApplied >= 40)
        #expect(live.receivedPosition == "0-1-900" && live.requestedPosition == "0-1-1000" && !live.drained)
        #expect(try await desk.stage.store.revision() == revision, "what is live costs no revision")
        #expect(try await desk.stage.state().stop?.blocker == "")
        await expectQuiet(desk)
    }

    @Test func aStopOfADeletedTaskStillAnswers() async throws {
        let desk = try await following()
        _ = try await desk.stop(StopTaskRequest(taskId: "t1"))
        let stopID = try #require(try await desk.stage.reach(.stopped).stop?.id)
        let ledger = desk.stage.context.ledger
        _ = try await ledger.write("t1", actor: "ann", attachments: .init(deletes: true)) { state in
            try TaskMachine.apply(.delete, to: state, nowMs: 1)
        }
        let response = try await desk.get(GetStopRequest(stopId: stopID))
        #expect(response.result == .stopped && response.status == .stopped && response.receipt != nil)
        await expectQuiet(desk)
    }
}
