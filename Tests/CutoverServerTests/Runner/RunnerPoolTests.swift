import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct RunnerPoolTests {
    let unreachable = ReplicationError(.sourceUnreachable, "The source does not answer.")
    let forced = StopOrder(stopID: "s2", actor: "ann", reason: "fire", mode: .forced)

    /// Nothing of the engine is left open and nobody wrote out of turn.
    func expectQuiet(_ stage: Stage) async {
        await stage.pool.shutDown()
        #expect(stage.replicator.read(\.openWorkers) == 0)
        #expect(stage.replicator.read(\.strayWrites) == 0)
    }

    @Test func pauseResumeAndGracefulStop() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        let first = try await stage.state().record.epoch
        try await stage.order(.pause)
        try await stage.condition("worker closed") { stage.replicator.read(\.openWorkers) == 0 }
        try await stage.order(.resume)
        try await stage.reach("a new epoch") { $0.record.epoch > first }
        stage.replicator.change { $0.sourceSequence = 9 }
        try await stage.stop(StopOrder(stopID: "s1", actor: "ann"))
        let state = try await stage.reach(.stopped)
        let stop = try #require(state.stop)
        #expect(stop.drained && stop.requestedPosition == "0-1-9" && stop.appliedPosition == "0-1-9")
        #expect(stop.objects.map(\.result) == [.created] && stop.fenceEpoch == state.record.epoch)
        #expect(stop.resources.allSatisfy(\.released) && !stop.resources.isEmpty)
        #expect(stage.replicator.read { !$0.isOwned && $0.movedTriggers == 1 })
        #expect(try await stage.store.receipts(stopID: "s1").first?.stop == stop)
        await expectQuiet(stage)
    }

    @Test func aPausedTaskDrainsToWhereItStands() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        try await stage.order(.pause)
        stage.replicator.change { $0.sourceSequence = 50 }
        try await stage.stop(StopOrder(stopID: "s1"))
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.requestedPosition == "0-1-5" && stop.drained)
        await expectQuiet(stage)
    }

    @Test func aForcedStopOvertakesADrain() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change {
            $0.drainsFlow = false
            $0.sourceSequence = 9
        }
        try await stage.stop(StopOrder(stopID: "s1"))
        try await stage.reach("draining") { $0.stop?.phase == .draining }
        try await stage.stop(forced)
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.id == "s1" && stop.escalated && !stop.drained && stop.modeTaken == .forced)
        #expect(stop.objects.map(\.result) == [.leftBehind] && stop.objects.first?.sql == "CREATE TRIGGER")
        #expect(stage.replicator.read(\.movedTriggers) == 0)
        await expectQuiet(stage)
    }

    @Test(arguments: [TaskStatus.incrementalMigration, .paused, .incrementalMigrationFailed])
    func aForcedStopDoesNotWaitForADeadDestination(_ status: TaskStatus) async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        if status == .paused { try await stage.order(.pause) }
        if status == .incrementalMigrationFailed {
            stage.replicator.change { $0.faults = [ReplicationError(.divergence, "A row is missing.")] }
        }
        try await stage.reach(status)
        if status != .incrementalMigration {
            try await stage.condition("worker closed") { stage.replicator.read(\.openWorkers) == 0 }
        }
        stage.replicator.change { $0.isDestinationReachable = false }
        try await stage.stop(forced)
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.fenceEpoch == 0)
        let fence = stop.resources.first { $0.resource == "destination fence" }
        #expect(fence?.released == false && fence?.message.isEmpty == false, "the receipt says what is left behind")
        await expectQuiet(stage)
    }

    @Test func afterARestartOnlyTheFenceProvesTheEnd() async throws {
        let first = Stage()
        try await first.createAndFollow()
        try await first.order(.pause)
        let stage = try await first.restarted()
        stage.replicator.change { $0.isDestinationReachable = false }
        try await stage.stop(forced)
        let blocked = try await stage.reach("two tries") { ($0.stop?.attempts ?? 0) >= 2 }
        #expect(blocked.record.status == .stopping && blocked.stop?.blocker.isEmpty == false)
        stage.replicator.change { $0.isDestinationReachable = true }
        let state = try await stage.reach(.stopped)
        #expect(state.stop?.fenceEpoch == state.record.epoch && state.stop?.blocker == "")
        await expectQuiet(stage)
    }

    @Test func aShutdownInTheDrainIsTakenUp() async throws {
        let first = Stage()
        try await first.createAndFollow()
        first.replicator.change { $0.drainsFlow = false }
        try await first.stop(StopOrder(stopID: "s1"))
        let before = try await first.reach("draining") { $0.stop?.phase == .draining }
        try await first.condition("drain runs") { first.replicator.read(\.follows) > 1 }
        await first.pool.shutDown()
        #expect(try await first.state().stop == before.stop, "a shutdown makes no transition")
        let stage = try await first.restarted()
        stage.replicator.change { $0.drainsFlow = true }
        let state = try await stage.reach(.stopped)
        #expect(state.stop?.drained == true && state.record.epoch > before.record.epoch)
        #expect(state.stop?.phases.map(\.phase).filter { $0 == .draining }.count == 1)
        await expectQuiet(stage)
    }

    @Test func lostWorkIsRepaired() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        let epoch = try await stage.state().record.epoch
        stage.replicator.change { [unreachable] in $0.faults = [unreachable] }
        let repaired = try await stage.reach("repaired") {
            $0.record.status == .incrementalMigration && $0.record.epoch > epoch
        }
        #expect(repaired.record.repairAttempts == 1 && !repaired.record.repairRunning)
        let actions = try await stage.store.events(after: 0, limit: 100).map(\.action)
        #expect(actions.contains("fault"))
        await expectQuiet(stage)
    }

    @Test func aClockSetBackDoesNotDelayARepair() async throws {
        let first = Stage()
        try await first.createAndFollow()
        await first.pool.shutDown()
        // A fault was recorded a day ahead of what the clock says now.
        let dueAtMs = first.clock.nowMs + 86_400_000
        _ = try await first.context.ledger.write("t1", actor: "cutover") { state in
            var state = state
            state.record.status = .faultRectification
            state.record.previousStatus = .incrementalMigration
            state.record.repairDueAtMs = dueAtMs
            return TaskTransition(state: state, action: "fault")
        }
        let stage = try await first.restarted()
        try await stage.reach(.incrementalMigration)
        await expectQuiet(stage)
    }

    @Test func usedUpAttemptsFailTheTaskAndAResumeRevivesIt() async throws {
        let stage = Stage(attempts: 2)
        try await stage.createAndFollow()
        stage.replicator.change {
            $0.isDestinationReachable = false
            $0.faults = [ReplicationError(.destinationUnreachable, "The destination does not answer.")]
        }
        let failed = try await stage.reach(.incrementalMigrationFailed)
        #expect(failed.record.repairAttempts == 2 && failed.record.failure?.code == "DESTINATION_UNREACHABLE")
        stage.replicator.change { $0.isDestinationReachable = true }
        try await stage.order(.resume)
        try await stage.reach("claimed") { $0.record.status == .incrementalMigration && $0.record.repairAttempts == 0 }
        await expectQuiet(stage)
    }

    @Test func aFailedStopIsRetriedWithTimeOfItsOwn() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change {
            $0.drainsFlow = false
            $0.drainFault = ReplicationError(.divergence, "A row is missing.")
        }
        try await stage.stop(StopOrder(stopID: "s1", drainDeadlineMs: 20_000))
        let failed = try await stage.reach(.stopFailed)
        #expect(failed.stop?.failure?.code == "DIVERGENCE" && failed.stop?.drained == false)
        // Long after the first deadline, which must not count against the retry.
        stage.clock.advance(byMs: 3_600_000)
        let follows = stage.replicator.read(\.follows)
        try await stage.stop(StopOrder(stopID: "s2", drainDeadlineMs: 20_000))
        try await stage.condition("drain runs") { stage.replicator.read(\.follows) > follows }
        // Time for a deadline that has passed already to strike; a right one is far away.
        try await Task.sleep(for: .milliseconds(50))
        stage.replicator.change { $0.drainsFlow = true }
        #expect(try await stage.reach(.stopped).stop?.drained == true)
        await expectQuiet(stage)
    }

    @Test func aGracefulStopWaitsForALostSourceAndShowsIt() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.isSourceReachable = false }
        try await stage.stop(StopOrder(stopID: "s1", mode: .graceful))
        let blocked = try await stage.reach("blocked") { $0.stop?.attempts == 1 }
        #expect(blocked.record.status == .stopping && blocked.stop?.blocker == "The source does not answer.")
        stage.replicator.change { $0.isSourceReachable = true }
        #expect(try await stage.reach(.stopped).stop?.drained == true)
        await expectQuiet(stage)
    }

    @Test func requiredObjectsThatFailFailTheStop() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.triggersFail = true }
        try await stage.stop(StopOrder(stopID: "s1", requireAllObjects: true))
        let failed = try await stage.reach(.stopFailed)
        #expect(failed.stop?.failure?.code == "OBJECTS_FAILED" && failed.stop?.objects.map(\.result) == [.failed])
        stage.replicator.change { $0.triggersFail = false }
        try await stage.stop(StopOrder(stopID: "s2", requireAllObjects: true))
        #expect(try await stage.reach(.stopped).stop?.objects.map(\.result) == [.created])
        await expectQuiet(stage)
    }

    @Test func aFullOnlyTaskCompletes() async throws {
        let stage = Stage()
        try await stage.create(kind: .fullOnly)
        try await stage.reach(.pendingStart)
        try await stage.order(.start)
        let state = try await stage.reach(.completed)
        #expect(state.stop?.completes == true && state.stop?.drained == true)
        #expect(try await stage.store.receipts(stopID: state.record.stopId).first?.finalStatus == .completed)
        await expectQuiet(stage)
    }

    @Test func aPreCheckWithErrorsFailsTheConfiguration() async throws {
        let stage = Stage()
        stage.replicator.change { $0.findings = [PreCheckFinding(code: "BINLOG_OFF", severity: .error)] }
        try await stage.create()
        let failed = try await stage.reach("failed configuration") { $0.record.configurationFailed }
        #expect(failed.record.status == .configuration && !failed.record.configurationRunning)
        #expect(try await stage.store.preCheck(of: "t1")?.findings.map(\.code) == ["BINLOG_OFF"])
        stage.replicator.change { $0.findings = [] }
        try await stage.order(.configure(kind: .fullAndIncremental, startAtMs: 1))
        try await stage.reach(.incrementalMigration)
        await expectQuiet(stage)
    }

    @Test func aForcedStopDoesNotNeedThePassword() async throws {
        let name = "CUTOVER_PASSWORD_B"
        let first = Stage(environment: [name: "hunter2"])
        try await first.createAndFollow(passwordEnv: name)
        #expect(first.replicator.read(\.password) == "hunter2")
        first.replicator.change { $0.faults = [ReplicationError(.divergence, "A row is missing.")] }
        try await first.reach(.incrementalMigrationFailed)
        let stage = try await first.restarted()
        try await stage.stop(StopOrder(stopID: "s1"))
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.modeTaken == .forced && stop.fenceEpoch == 0)
        #expect(stop.resources.contains { $0.resource == "destination fence" && $0.message.contains(name) })
        #expect(!"\(stop)".contains("hunter2"))
        await expectQuiet(stage)
    }

    @Test func idleRunnersAreLetGo() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        #expect(await stage.pool.runnerCount == 1)
        try await stage.stop(StopOrder(stopID: "s1"))
        try await stage.reach(.stopped)
        for _ in 0..<2_000 where await stage.pool.runnerCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await stage.pool.runnerCount == 0)
    }
}
