import CutoverModel
import CutoverRPC
import Testing

@testable import cutover

@Suite struct StopCommandTests {
    private static let id = Fixtures.following.id

    private static var draining: Stop {
        var stop = Fixtures.gracefulStop
        stop.phase = .draining
        stop.phases = Array(stop.phases.prefix(2))
        stop.endedAtMs = 0
        stop.drained = false
        return stop
    }

    private static var healthy: FakeServices.Entry {
        .init(task: Fixtures.following, plan: Fixtures.gracefulPlan, stops: [draining, Fixtures.gracefulStop])
    }

    /// Its stop is by force and so leaves it undrained.
    private static var broken: FakeServices.Entry {
        var stop = Fixtures.gracefulStop
        stop.id = "forced"
        stop.taskId = Fixtures.broken.id
        stop.modeTaken = .forced
        stop.drained = false
        return .init(task: Fixtures.broken, plan: Fixtures.forcedPlan, stops: [stop])
    }

    private static var refused: FakeServices.Entry {
        .init(
            task: MigrationTask(id: "refused", name: "refused", status: .configuration),
            plan: StopPlan(taskId: "refused", refusal: ErrorInfo(message: "Not now.", reason: "CONFIGURATION_FAILED")),
            refusal: RPCError(.failedPrecondition, "Not now.", reason: "CONFIGURATION_FAILED"))
    }

    @Test func withoutATerminalNothingIsStoppedUnasked() async throws {
        let services = FakeServices([Self.healthy])
        let run = try await services.run(["stop", Self.id])
        #expect(run.status == 64)
        #expect(run.errors.contains("--yes"))
        #expect(services.stopRequests.isEmpty)
    }

    @Test func aConfirmedStopAsksForWhatWasShown() async throws {
        let services = FakeServices([Self.healthy])
        let run = try await services.run(["stop", Self.id, "--reason", "r"], answers: ["y"], isTerminal: true)
        #expect(run.status == 0)
        #expect(run.errors.contains("Mode     GRACEFUL: the task is healthy"))
        #expect(services.stopRequests.map(\.mode) == [.graceful])
        #expect(services.stopRequests.map(\.reason) == ["r"])
        #expect(run.output == "crm  stop accepted  GRACEFUL  stop id \(Fixtures.gracefulStop.id)\n")
    }

    @Test func aDeclinedStopStopsNothing() async throws {
        let services = FakeServices([Self.healthy])
        let run = try await services.run(["stop", Self.id], answers: ["n"], isTerminal: true)
        #expect(run.status == 130)
        #expect(run.errors.hasSuffix("Nothing was stopped.\n"))
        #expect(services.stopRequests.isEmpty)
    }

    @Test func waitingPrintsThePhasesAndTheReceipt() async throws {
        let run = try await FakeServices([Self.healthy]).run(["stop", Self.id, "--yes", "--wait"])
        #expect(run.status == 0)
        #expect(run.errors == "07:00:04  crm  stopped\n")
        #expect(run.output.hasPrefix("RECEIPT  crm  STOPPED\n"))
    }

    @Test func onATerminalTheWaitIsDrawnAndTakenAway() async throws {
        let run = try await FakeServices([Self.healthy]).run(
            ["stop", Self.id, "--yes", "--wait"], isTerminal: true)
        #expect(run.status == 0)
        #expect(!run.output.contains("\u{1B}"))
        #expect(run.errors.isEmpty || run.errors.hasSuffix("\u{1B}[J"))
    }

    @Test func anUndrainedStopHasItsOwnStatus() async throws {
        let run = try await FakeServices([Self.broken]).run(["stop", Fixtures.broken.id, "--yes", "--wait"])
        #expect(run.status == 3)
    }

    @Test func aRefusedStopSaysWhy() async throws {
        let run = try await FakeServices([Self.refused]).run(["stop", "refused", "--yes"])
        #expect(run.status == 2)
        #expect(run.errors == "cutover: rejected: Not now. (CONFIGURATION_FAILED)\n")
    }

    @Test func whatCannotBeStoppedIsNotAskedFor() async throws {
        let services = FakeServices([Self.refused])
        let run = try await services.run(["stop", "refused"], answers: ["y"], isTerminal: true)
        #expect(run.status == 2)
        #expect(run.errors.contains("Not now. (CONFIGURATION_FAILED)"))
        #expect(services.stopRequests.isEmpty)
    }

    @Test func anUnknownTaskIsNotFound() async throws {
        #expect(try await FakeServices([]).run(["stop", "nope", "--yes"]).status == 5)
        #expect(try await FakeServices([]).run(["stop", "nope"], isTerminal: true).status == 5)
    }

    @Test func manyStopsAreABatchWithOneResultEach() async throws {
        let services = FakeServices([Self.healthy, Self.refused])
        let run = try await services.run(["stop", Self.id, "refused", "nope", Self.id, "--yes"])
        #expect(run.status == 7)
        #expect(services.batchRequests.map(\.taskIds) == [[Self.id, "refused", "nope"]])
        #expect(
            run.output == """
                Batch batch-1: 3 tasks
                  accepted         \(Self.id)
                  rejected         refused  Not now. (CONFIGURATION_FAILED)
                  unknown task     nope
                3 tasks: 1 accepted, 1 rejected, 1 unknown

                """)
    }

    @Test func waitingForABatchTellsHowEachStopEnded() async throws {
        let run = try await FakeServices([Self.healthy, Self.broken]).run(
            ["batch", "stop", Self.id, Fixtures.broken.id, "--yes", "--wait"])
        #expect(run.status == 7)
        #expect(run.output.contains("  ✓ crm: stopped after 5.1 s\n"))
        #expect(run.output.contains("NOT drained"))
        #expect(run.output.hasSuffix("2 tasks: 2 stopped\n"))
    }

    @Test func aBatchAsJSON() async throws {
        let run = try await FakeServices([Self.refused]).run(["batch", "stop", "refused", "--yes", "-o", "json"])
        #expect(run.status == 2)
        #expect(run.output.contains("\"batch_id\": \"batch-1\""))
        #expect(run.output.contains("\"result\": \"REJECTED\""))
        #expect(run.output.contains("\"rejected\": 1"))
    }

    @Test func theOptionsReachTheServer() async throws {
        let services = FakeServices([Self.healthy])
        _ = try await services.run([
            "stop", Self.id, "--yes", "--force", "--reason", "gone", "--require-all-objects", "--drain-deadline", "10m",
            "--request-id", "rid",
        ])
        #expect(
            services.stopRequests == [
                StopTaskRequest(
                    taskId: Self.id, mode: .forced, reason: "gone", requestId: "rid", requireAllObjects: true,
                    drainDeadlineMs: 600_000)
            ])
    }

    @Test func theReceiptIsFoundByTaskAndByStop() async throws {
        let services = FakeServices([Self.healthy])
        let byTask = try await services.run(["receipt", Self.id])
        let byStop = try await services.run(["receipt", Fixtures.gracefulStop.id])
        #expect(byTask.status == 0)
        #expect(byTask.output.hasPrefix("RECEIPT  crm  STOPPED\n"))
        #expect(byStop.output == byTask.output)
        #expect(try await services.run(["receipt", "nope"]).status == 5)
        let sql = try await services.run(["receipt", Self.id, "--sql"])
        #expect(
            sql.output == """
                -- event crm.purge
                CREATE EVENT purge ON SCHEDULE EVERY 1 DAY DO DELETE FROM log;

                """)
    }
}
