import CutoverModel
import CutoverRPC
import Testing

@testable import cutover

@Suite struct CancelStopCommandTests {
    private static func services(refusal: RPCError? = nil) -> FakeServices {
        FakeServices([
            .init(task: Fixtures.following, stops: [Fixtures.gracefulStop], cancelRefusal: refusal)
        ])
    }

    @Test func aStopIsWithdrawnByTaskOrByStop() async throws {
        let services = Self.services()
        let run = try await services.run(["cancel-stop", Fixtures.following.id, "--reason", "not today"])
        #expect(run.status == 0)
        #expect(
            run.output == """
                crm  INCREMENTAL_MIGRATION
                  the stop was withdrawn by alice (not today); the task runs on

                """)
        _ = try await services.run(["cancel-stop", "--stop-id", Fixtures.gracefulStop.id, "--request-id", "rid"])
        #expect(services.cancelRequests.map(\.taskId) == [Fixtures.following.id, ""])
        #expect(services.cancelRequests.map(\.stopId) == ["", Fixtures.gracefulStop.id])
        #expect(services.cancelRequests.first?.requestId.isEmpty == false)
        #expect(services.cancelRequests.last?.requestId == "rid")
    }

    @Test func thatItIsTooLateIsSaid() async throws {
        let services = Self.services(
            refusal: RPCError(.failedPrecondition, "Triggers are moving.", reason: "PAST_NO_RETURN"))
        let run = try await services.run(["cancel-stop", Fixtures.following.id])
        #expect(run.status == 2)
        #expect(
            run.errors == """
                cutover: rejected: Triggers are moving. (PAST_NO_RETURN)
                  It is too late: the stop goes on to its end. Follow it: cutover watch \(Fixtures.following.id)

                """)
    }

    @Test func aTaskThatIsNotBeingStoppedIsSaid() async throws {
        let services = Self.services(
            refusal: RPCError(.failedPrecondition, "The task is not being stopped.", reason: "NOT_STOPPING"))
        let run = try await services.run(["cancel-stop", Fixtures.following.id])
        #expect(run.status == 2)
        #expect(run.errors == "cutover: rejected: The task is not being stopped. (NOT_STOPPING)\n")
        #expect(try await services.run(["cancel-stop", "nope"]).status == 5)
    }
}
