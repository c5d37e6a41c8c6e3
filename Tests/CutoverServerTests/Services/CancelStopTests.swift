import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct CancelStopTests {
    /// A task whose stop drains and gets nowhere.
    func draining() async throws -> StopDesk {
        let stage = Stage()
        try await stage.createAndFollow()
        let desk = StopDesk(stage)
        stage.replicator.change { $0.drainsFlow = false }
        _ = try await desk.stop(StopTaskRequest(taskId: "t1", requestId: "stop"))
        try await stage.reach("draining") { $0.stop?.phase == .draining }
        return desk
    }

    func expectQuiet(_ desk: StopDesk) async {
        let end = await desk.close()
        #expect(end.open == 0 && end.stray == 0)
    }

    @Test func aDrainIsCalledOffAndTheTaskFollowsOn() async throws {
        let desk = try await draining()
        let follows = desk.stage.replicator.read(\.follows)
        let request = CancelStopRequest(taskId: "t1", reason: "not tonight", requestId: "c1")
        let cancelled = try await desk.cancel(request)
        #expect(cancelled.result == .withdrawn && cancelled.status == .incrementalMigration)
        #expect(cancelled.stop?.withdrawnBy == "ann" && cancelled.stop?.withdrawnReason == "not tonight")
        #expect(cancelled.receipt?.kind == .withdrawn && cancelled.stop?.endedAtMs != 0)
        try await desk.stage.condition("follows on") { desk.stage.replicator.read(\.follows) > follows }
        #expect(try await desk.stage.state().record.status == .incrementalMigration)
        // Each of these asks for what was done already.
        #expect(try await desk.cancel(request) == cancelled)
        let stopID = try #require(cancelled.stop?.id)
        #expect(try await desk.cancel(CancelStopRequest(stopId: stopID)).result == .withdrawn)
        #expect(try await desk.stop(StopTaskRequest(taskId: "t1", requestId: "stop")).result == .withdrawn)
        let reused = await desk.refusal {
            _ = try await desk.cancel(CancelStopRequest(taskId: "t1", reason: "other", requestId: "c1"))
        }
        #expect(reused?.reason == "REQUEST_ID_REUSED")
        // And a later stop is another one.
        desk.stage.replicator.change { $0.drainsFlow = true }
        _ = try await desk.stop(StopTaskRequest(taskId: "t1"))
        let stopped = try await desk.stage.reach(.stopped)
        #expect(stopped.stop?.id != stopID && stopped.stop?.drained == true)
        let late = await desk.refusal { _ = try await desk.cancel(CancelStopRequest(taskId: "t1")) }
        #expect(late?.status == .failedPrecondition && late?.reason == "PAST_NO_RETURN")
        #expect(try await desk.cancel(CancelStopRequest(stopId: stopID)).result == .withdrawn, "the old one stays so")
        await expectQuiet(desk)
    }

    @Test func afterARestartTheWithdrawalStands() async throws {
        let desk = try await draining()
        let request = CancelStopRequest(taskId: "t1", requestId: "c1")
        let cancelled = try await desk.cancel(request)
        let next = StopDesk(try await desk.stage.restarted())
        #expect(try await next.cancel(request).stop?.id == cancelled.stop?.id)
        #expect(try await next.stage.state().record.status == .incrementalMigration)
        await expectQuiet(next)
    }

    @Test func aWaitingStopIsCalledOffAndTheRepairGoesOn() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        let desk = StopDesk(stage)
        stage.replicator.change {
            $0.claimsFlow = false
            $0.faults = [ReplicationError(.sourceUnreachable, "The source does not answer.")]
        }
        try await stage.reach("an attempt") { $0.record.repairRunning }
        _ = try await desk.stop(StopTaskRequest(taskId: "t1", whenIllegal: .wait))
        let cancelled = try await desk.cancel(CancelStopRequest(taskId: "t1"))
        #expect(cancelled.result == .withdrawn && cancelled.status == .faultRectification)
        stage.replicator.change { $0.claimsFlow = true }
        let state = try await stage.reach(.incrementalMigration)
        #expect(state.record.repairAttempts == 1)
        await expectQuiet(desk)
    }

    @Test func whatIsNotBeingStoppedCannotBeCalledOff() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        let desk = StopDesk(stage)
        let none = await desk.refusal { _ = try await desk.cancel(CancelStopRequest(taskId: "t1")) }
        #expect(none?.status == .notFound && none?.reason == "NO_STOP")
        let unknown = await desk.refusal { _ = try await desk.cancel(CancelStopRequest(stopId: "s9")) }
        #expect(unknown?.reason == "UNKNOWN_STOP")
        for request in [CancelStopRequest(), CancelStopRequest(stopId: "s", taskId: "t1")] {
            let refusal = await desk.refusal { _ = try await desk.cancel(request) }
            #expect(refusal?.status == .invalidArgument)
        }
        await expectQuiet(desk)
    }
}
