import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import Testing

/// A stop that is forced, or may become so, needs the role force, whichever way it is asked for.
@Suite struct ForceRoleTests {
    private static let `operator` = RPCPermissions(role: .operator)
    private static let force = RPCPermissions(role: .force)

    @Test func aForcedStopNeedsTheRole() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        var desk = StopDesk(stage)
        desk.permissions = Self.operator
        let requests = [
            StopTaskRequest(taskId: "t1", mode: .forced, reason: "r"),
            StopTaskRequest(taskId: "t1", mode: .graceful, reason: "r", onDeadline: .force),
            StopTaskRequest(taskId: "t1", reason: "r", onDeadline: .force),
            StopTaskRequest(taskId: "gone", mode: .forced, reason: "r"),
        ]
        for request in requests {
            let desk = desk
            let error = await desk.refusal { _ = try await desk.stop(request) }
            #expect(
                error?.status == .permissionDenied && error?.reason == "ROLE_MISSING", "\(request): \(error as Any)")
            #expect(error?.details.contains(ErrorDetail(key: "role", value: "force")) == true)
            #expect(error?.isNotExecuted == true)
        }
        #expect(try await stage.store.state(of: "t1")?.stop == nil)
        desk.permissions = Self.force
        let accepted = try await desk.stop(requests[0])
        #expect(accepted.stop?.modeTaken == .forced)
        _ = await desk.close()
    }

    @Test func autoIsGracefulUnlessTheTaskIsAbnormal() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        var desk = StopDesk(stage)
        desk.permissions = Self.operator
        let graceful = try await desk.stop(StopTaskRequest(taskId: "t1", reason: "r"))
        #expect(graceful.stop?.modeTaken == .graceful)
        _ = await desk.close()

        var record = TaskRecord(id: "t2", name: "t2", status: .incrementalMigrationFailed, destinationTouched: true)
        record.copyDone = true
        let state = TaskState(record: record)
        for mode in [StopMode.auto, .unspecified] {
            let order = StopOrder(stopID: "s", reason: "r", mode: mode, mayForce: false)
            let refusal = #expect(throws: Refusal.self) { try StopMachine.decide(order, for: state, nowMs: 1) }
            #expect(refusal?.reason == .roleMissing)
        }
        guard
            case .accepted(let transition) = try StopMachine.decide(
                StopOrder(stopID: "s", reason: "r", mayForce: true), for: state, nowMs: 1)
        else { return #expect(Bool(false), "it is legal with the role") }
        #expect(transition.state.stop?.modeTaken == .forced)
    }

    @Test func aBatchKeepsWhatItsCallerMayDo() async throws {
        let stage = await BatchStage()
        try await stage.add(["healthy"], .fullMigration)
        try await stage.add(["broken"], .fullMigrationFailed)
        for request in [
            BatchStopRequest(taskIds: ["healthy"], mode: .forced, reason: "r"),
            BatchStopRequest(taskIds: ["healthy"], reason: "r", onDeadline: .force),
            BatchStopRequest(
                taskIds: ["healthy"], reason: "r", overrides: [StopOverride(taskId: "healthy", mode: .forced)]),
            BatchStopRequest(
                taskIds: ["healthy"], reason: "r", overrides: [StopOverride(taskId: "healthy", onDeadline: .force)]),
        ] {
            let error = await #expect(throws: RPCError.self) { try await stage.stop(request, as: Self.operator) }
            #expect(error?.status == .permissionDenied && error?.reason == "ROLE_MISSING", "\(request)")
        }
        for isTrial in [true, false] {
            let told = try await stage.stop(
                BatchStopRequest(
                    taskIds: ["healthy", "broken"], reason: "r", requestId: isTrial ? "" : "b", dryRun: isTrial),
                as: Self.operator)
            #expect(told.results["broken"] == .rejected, "\(told.items)")
            #expect(told.last["broken"]?.error?.reason == "ROLE_MISSING")
            #expect(told.results["healthy"] == .accepted)
        }
        #expect(try await stage.batch("b").forbidsForce)
        let forced = try await stage.stop(
            BatchStopRequest(taskIds: ["broken"], reason: "r", requestId: "c"), as: Self.force)
        #expect(forced.last["broken"]?.modeTaken == .forced)
    }
}
