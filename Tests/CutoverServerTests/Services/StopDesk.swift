import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import CutoverWire

/// The calls about stops over the runners of a stage, as a connection would make them.
struct StopDesk {
    let stage: Stage
    let residue: ResidueJobs
    let service: StopService
    /// What the caller may do.
    var permissions = RPCPermissions.all

    /// - Parameter store: what the calls see and write; nil for the stage's.
    init(_ stage: Stage, store: (any TaskStore)? = nil) {
        self.stage = stage
        let ledger = store.map { TaskLedger(store: $0, nowMs: { stage.clock.nowMs }) } ?? stage.context.ledger
        residue = ResidueJobs(context: stage.context)
        service = StopService(
            ledger: ledger, pool: stage.pool, planner: StopPlanner(context: stage.context),
            view: TaskView(ledger: ledger, board: stage.context.board), residue: residue)
    }

    private func context(_ method: RPCMethod) -> CallContext {
        CallContext(
            method: method, deadline: nil, metadata: Metadata(), remoteAddress: "test", identity: "ann",
            permissions: permissions)
    }

    func stop(_ request: StopTaskRequest) async throws -> StopTaskResponse {
        try await service.stopTask(request, context: context(StopServiceMethods.stopTask))
    }

    func plan(_ request: PlanStopRequest = PlanStopRequest(taskId: "t1")) async throws -> StopPlan {
        try await service.planStop(request, context: context(StopServiceMethods.planStop))
    }

    func get(_ request: GetStopRequest = GetStopRequest(taskId: "t1")) async throws -> StopTaskResponse {
        try await service.getStop(request, context: context(StopServiceMethods.getStop))
    }

    func cancel(_ request: CancelStopRequest) async throws -> StopTaskResponse {
        try await service.cancelStop(request, context: context(StopServiceMethods.cancelStop))
    }

    func finish(_ request: FinishResidueRequest) async throws -> StopTaskResponse {
        try await service.finishResidue(request, context: context(StopServiceMethods.finishResidue))
    }

    /// The refusal that a call ends with.
    func refusal(of call: () async throws -> Void) async -> RPCError? {
        do {
            try await call()
            return nil
        } catch {
            return error as? RPCError
        }
    }

    /// Nothing of the engine is left open and nobody wrote out of turn.
    func close() async -> (open: Int, stray: Int) {
        await residue.shutDown()
        await stage.pool.shutDown()
        return stage.replicator.read { ($0.openWorkers, $0.strayWrites) }
    }
}
