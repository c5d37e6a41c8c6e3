import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct ResidueJobsTests {
    /// A task that was stopped by force, with a trigger left behind.
    func forced() async throws -> StopDesk {
        let stage = Stage()
        try await stage.createAndFollow()
        let desk = StopDesk(stage)
        let inventory = ObjectInventory(atMs: 1, objects: stage.replicator.read(\.objects))
        try await stage.store.saveInventory(inventory, of: "t1")
        _ = try await desk.stop(StopTaskRequest(taskId: "t1", mode: .forced, reason: "fire"))
        try await stage.reach(.stopped)
        return desk
    }

    func expectQuiet(_ desk: StopDesk) async {
        let end = await desk.close()
        #expect(end.open == 0 && end.stray == 0)
    }

    @Test func whatWasLeftBehindIsMadeAndAttested() async throws {
        let desk = try await forced()
        let request = FinishResidueRequest(taskId: "t1", reason: "by hand is slow", requestId: "f1")
        let finished = try await desk.finish(request)
        #expect(finished.result == .stopped && finished.status == .stopped)
        #expect(finished.stop?.residue.map(\.result) == [.created] && finished.stop?.residueActor == "ann")
        #expect(finished.receipt?.kind == .stopped && finished.receipt?.stop?.residue.isEmpty == true)
        #expect(finished.addenda.map(\.kind) == [.residueFinished])
        #expect(finished.addenda.first?.stop?.residueReason == "by hand is slow")
        #expect(desk.stage.replicator.read { !$0.isOwned && $0.movedTriggers == 0 }, "replication is not revived")
        #expect(try await desk.finish(request) == finished)
        #expect(desk.stage.replicator.read(\.residueRuns) == 1, "the same request runs once")
        let nothing = await desk.refusal { _ = try await desk.finish(FinishResidueRequest(taskId: "t1")) }
        #expect(nothing?.status == .failedPrecondition && nothing?.reason == "NO_RESIDUE")
        await expectQuiet(desk)
    }

    @Test func whatFailedIsTriedAgain() async throws {
        let desk = try await forced()
        desk.stage.replicator.change { $0.triggersFail = true }
        let failed = try await desk.finish(FinishResidueRequest(taskId: "t1"))
        #expect(failed.stop?.residue.map(\.result) == [.failed])
        desk.stage.replicator.change { $0.triggersFail = false }
        let made = try await desk.finish(FinishResidueRequest(taskId: "t1"))
        #expect(made.stop?.residue.map(\.result) == [.created] && made.addenda.count == 2)
        await expectQuiet(desk)
    }

    @Test func oneJobATaskAndItGoesOnWhenItsCallerLeaves() async throws {
        let desk = try await forced()
        desk.stage.replicator.change { $0.residueFlows = false }
        let request = FinishResidueRequest(taskId: "t1", requestId: "f1")
        let caller = Task { try await desk.finish(request) }
        try await desk.stage.condition("the job runs") { desk.stage.replicator.read(\.residueRuns) == 1 }
        let other = await desk.refusal { _ = try await desk.finish(FinishResidueRequest(taskId: "t1")) }
        #expect(other?.status == .aborted && other?.reason == "RESIDUE_UNDER_WAY")
        caller.cancel()
        let joined = Task { try await desk.finish(request) }
        desk.stage.replicator.change { $0.residueFlows = true }
        #expect(try await joined.value.stop?.residue.map(\.result) == [.created])
        #expect(desk.stage.replicator.read(\.residueRuns) == 1)
        await expectQuiet(desk)
    }

    @Test func onlyAStoppedTaskHasResidue() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        let desk = StopDesk(stage)
        stage.replicator.change { $0.drainsFlow = false }
        _ = try await desk.stop(StopTaskRequest(taskId: "t1"))
        let refusal = await desk.refusal { _ = try await desk.finish(FinishResidueRequest(taskId: "t1")) }
        #expect(refusal?.reason == "NOT_STOPPED")
        await expectQuiet(desk)
    }

    @Test func aDestinationThatTheStopCouldNotReachIsFencedFirst() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        let desk = StopDesk(stage)
        let inventory = ObjectInventory(atMs: 1, objects: stage.replicator.read(\.objects))
        try await stage.store.saveInventory(inventory, of: "t1")
        stage.replicator.change { $0.isDestinationReachable = false }
        _ = try await desk.stop(StopTaskRequest(taskId: "t1", mode: .forced, reason: "fire"))
        let stop = try #require(try await stage.reach(.stopped).stop)
        #expect(stop.fenceEpoch == 0 && stage.replicator.read(\.isOwned))
        stage.replicator.change { $0.isDestinationReachable = true }
        let finished = try await desk.finish(FinishResidueRequest(taskId: "t1"))
        #expect(finished.stop?.residue.map(\.result) == [.created])
        #expect(stage.replicator.read { !$0.isOwned })
        await expectQuiet(desk)
    }

    @Test func aFailureIsAnsweredAndNothingIsRecorded() async throws {
        let desk = try await forced()
        desk.stage.replicator.change { $0.isOwned = true }
        let refusal = await desk.refusal { _ = try await desk.finish(FinishResidueRequest(taskId: "t1")) }
        #expect(refusal?.status == .failedPrecondition && refusal?.reason == "FENCED")
        #expect(try await desk.stage.state().stop?.residueFinishedAtMs == 0)
        await expectQuiet(desk)
    }
}
