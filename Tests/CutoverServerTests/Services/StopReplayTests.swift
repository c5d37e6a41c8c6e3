import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverTasks
import Testing

/// What a stop's request is told when it is sent again: what it was told at first, or what became of the stop.
@Suite struct StopReplayTests {
    func expectQuiet(_ desk: StopDesk) async {
        let end = await desk.close()
        #expect(end.open == 0 && end.stray == 0)
    }

    /// A request that changes nothing is told of the stop that is there, by whomever; also in the next process.
    @Test func whoWasToldOfAnothersStopIsToldSoAgain() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.drainsFlow = false }
        let mine = StopTaskRequest(taskId: "t1", requestId: "mine")
        let other = StopTaskRequest(taskId: "t1", requestId: "other")
        var desk = StopDesk(stage)
        let first = try await desk.stop(mine)
        #expect(first.result == .accepted)
        try await stage.reach("draining") { $0.stop?.phase == .draining }
        for process in 1...2 {
            for _ in 1...2 {
                let told = try await desk.stop(other)
                #expect(told.result == .inProgress && told.stop?.id == first.stop?.id, "process \(process)")
                #expect(try await desk.stop(mine).result == .accepted, "process \(process)")
            }
            if process == 1 { desk = StopDesk(try await desk.stage.restarted()) }
        }
        // The worker writes meanwhile, so that the revision alone would not tell.
        let acknowledged = try await desk.stage.store.events(after: 0, limit: 1000).filter {
            $0.action == "stop.acknowledged"
        }
        #expect(acknowledged.count == 1, "remembered once, in the first process")
        stage.replicator.change { $0.drainsFlow = true }
        try await desk.stage.reach(.stopped)
        for request in [mine, other] {
            let told = try await desk.stop(request)
            #expect(told.result == .stopped && told.receipt?.stop?.id == first.stop?.id)
        }
        await expectQuiet(desk)
    }

    /// An order that changed somebody else's stop was accepted, and stays so.
    @Test func whoOvertookAStopIsToldAccepted() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change {
            $0.claimsFlow = false
            $0.faults = [ReplicationError(.sourceUnreachable, "The source does not answer.")]
        }
        try await stage.reach("an attempt") { $0.record.repairRunning }
        let desk = StopDesk(stage)
        let waits = StopTaskRequest(taskId: "t1", requestId: "waits", whenIllegal: .wait)
        let told = StopTaskRequest(taskId: "t1", requestId: "told", whenIllegal: .wait)
        let forces = StopTaskRequest(
            taskId: "t1", mode: .forced, reason: "fire", requestId: "forces", whenIllegal: .wait)
        for _ in 1...2 {
            let results = [
                try await desk.stop(waits).result, try await desk.stop(told).result, try await desk.stop(forces).result,
            ]
            #expect(results == [.accepted, .inProgress, .accepted])
        }
        #expect(try await stage.state().stop?.phase == .waiting)
        stage.replicator.change { $0.claimsFlow = true }
        try await stage.reach(.stopped)
        #expect(try await desk.stop(told).result == .stopped)
        await expectQuiet(desk)
    }

    /// Another stop took the place of the one that was told of before that could be noted: the request is not remembered as one
    /// about the other.
    @Test func aStopThatIsReplacedMeanwhileIsNotNoted() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.drainsFlow = false }
        let desk = StopDesk(stage)
        let first = try await desk.stop(StopTaskRequest(taskId: "t1"))
        let seen = try await stage.reach("draining") { $0.stop?.phase == .draining }
        _ = try await desk.cancel(CancelStopRequest(taskId: "t1"))
        let second = try await desk.stop(StopTaskRequest(taskId: "t1"))
        // Once for the look before, and once for the decision.
        let late = StopDesk(stage, store: StaleStore(base: stage.store, stale: seen, reads: 2))
        let request = StopTaskRequest(taskId: "t1", requestId: "told")
        #expect(try await late.stop(request).stop?.id == first.stop?.id)
        #expect(try await stage.store.request(id: "told") == nil)
        let again = try await late.stop(request)
        #expect(again.result == .inProgress && again.stop?.id == second.stop?.id)
        #expect(try await stage.store.request(id: "told")?.stopID == second.stop?.id)
        await expectQuiet(desk)
    }

    /// The stop that a request was told of is withdrawn: sent again, it is told that, and stops nothing.
    @Test func whoWasToldOfAStopThatWasWithdrawnIsToldThat() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { $0.drainsFlow = false }
        let desk = StopDesk(stage)
        let told = StopTaskRequest(taskId: "t1", requestId: "told")
        _ = try await desk.stop(StopTaskRequest(taskId: "t1"))
        #expect(try await desk.stop(told).result == .inProgress)
        _ = try await desk.cancel(CancelStopRequest(taskId: "t1"))
        let again = try await desk.stop(told)
        #expect(again.result == .withdrawn && again.status == .incrementalMigration)
        #expect(try await stage.state().record.status == .incrementalMigration)
        await expectQuiet(desk)
    }
}
