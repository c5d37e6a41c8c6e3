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

    @Test func aConfirmedStopIsHeldToThePlanThatWasShown() async throws {
        var entry = Self.healthy
        entry.plan.planHash = [7, 7]
        let services = FakeServices([entry])
        _ = try await services.run(["stop", Self.id, "--drain-to", "applied"], answers: ["y"], isTerminal: true)
        #expect(services.planRequests.map(\.drainTo) == [DrainTarget(point: .applied)])
        #expect(services.stopRequests.map(\.planHash) == [[7, 7]])
    }

    @Test func aPlanThatChangesWhileItIsReadIsShownAgain() async throws {
        var entry = Self.healthy
        entry.plan.planHash = [7]
        entry.refusal = RPCError(.aborted, "The plan is another one now.", reason: "PLAN_CHANGED")
        let services = FakeServices([entry])
        let run = try await services.run(["stop", Self.id], answers: ["y", "y", "n"], isTerminal: true)
        #expect(run.status == 130)
        #expect(services.stopRequests.count == 2)
        #expect(run.errors.contains("Something has changed since. This is the plan now:"))
        let given = try await services.run([
            "stop", Self.id, "--yes", "--plan-hash", String(repeating: "07", count: 32),
        ])
        #expect(given.status == 2)
        #expect(given.errors == "cutover: aborted: The plan is another one now. (PLAN_CHANGED)\n")
    }

    @Test func aPlanIsShownAndNothingStopped() async throws {
        var entry = Self.healthy
        entry.plan.planHash = [UInt8](repeating: 0xAB, count: 32)
        let services = FakeServices([entry, Self.refused])
        let run = try await services.run(["stop", Self.id, "--plan"])
        #expect(run.status == 0)
        #expect(run.output.hasSuffix("  --plan-hash \(String(repeating: "ab", count: 32))\n"))
        #expect(run.errors.isEmpty)
        let json = try await services.run(["stop", Self.id, "--plan", "--format", "json"])
        #expect(json.output.contains("\"plan_hash\": \"abab"))
        let refused = try await services.run(["stop", "refused", "--plan"])
        #expect(refused.status == 2)
        let both = try await services.run(["stop", Self.id, "refused", "--plan"])
        #expect(both.status == 7)
        #expect(both.output.contains("Cannot be stopped: 1 task"))
        #expect(try await services.run(["stop", "nope", "--plan"]).status == 5)
        #expect(services.stopRequests.isEmpty)
        #expect(services.batchRequests.isEmpty)
    }

    @Test func aWithdrawnStopIsNoSuccess() async throws {
        var withdrawn = Fixtures.gracefulStop
        withdrawn.phase = .withdrawn
        withdrawn.withdrawnBy = "cutover"
        withdrawn.withdrawnReason = "the drain deadline of 30 s has passed"
        let services = FakeServices([
            .init(task: Fixtures.following, plan: Fixtures.gracefulPlan, stops: [Self.draining, withdrawn])
        ])
        let run = try await services.run(["stop", Self.id, "--yes", "--wait"])
        #expect(run.status == 8)
    }

    /// The stop was withdrawn and the task stopped anew while nobody listened: the wait is for the one that was ordered.
    @Test func aStopThatAnotherTookThePlaceOfEndsTheWait() async throws {
        var withdrawn = Self.draining
        withdrawn.phase = .withdrawn
        withdrawn.endedAtMs = Fixtures.startMs
        var other = Self.draining
        other.id = "another"
        let services = FakeServices(
            [.init(task: Fixtures.following, plan: Fixtures.gracefulPlan, stops: [Self.draining, withdrawn])],
            watched: [WatchEvent(task: Fixtures.following, stop: other, taskId: Self.id)])
        let run = try await services.run(["stop", Self.id, "--yes", "--wait"])
        #expect(run.status == 8)
        #expect(!run.errors.contains("enough seen"))
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
                  accepted         \(Self.id)  crm
                  rejected         refused  refused  CONFIGURATION: Not now. (CONFIGURATION_FAILED)
                  unknown task     nope
                3 tasks: 1 accepted, 1 rejected, 1 unknown

                """)
    }

    @Test func waitingForABatchTellsHowEachStopEnded() async throws {
        let run = try await FakeServices([Self.healthy, Self.broken]).run(
            ["batch", "stop", Self.id, Fixtures.broken.id, "--yes", "--wait"])
        #expect(run.status == 7)
        #expect(run.output.contains("  stopped          \(Self.id)  crm\n"))
        #expect(run.output.contains("  not drained      \(Fixtures.broken.id)  \(Fixtures.broken.name)  BY FORCE\n"))
        #expect(run.output.hasSuffix("2 tasks: 2 stopped; 1 by force; 1 not drained\n"))
    }

    @Test func aBatchAsJSONIsADocumentALine() async throws {
        let run = try await FakeServices([Self.refused]).run(["batch", "stop", "refused", "--yes", "-o", "json"])
        #expect(run.status == 2)
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first?.hasPrefix("{\"accepted\":{\"batch_id\":\"batch-1\",\"items\":1,") == true)
        #expect(lines.dropFirst().first?.contains("\"result\":\"REJECTED\"") == true)
        #expect(lines.last?.contains("\"rejected\":1") == true)
        #expect(run.errors.isEmpty)
    }

    @Test func theOptionsReachTheServer() async throws {
        let services = FakeServices([Self.healthy])
        _ = try await services.run([
            "stop", Self.id, "--yes", "--force", "--reason", "gone", "--require-all-objects", "--drain-deadline", "10m",
            "--request-id", "rid", "--drain-to", "gtid:0-1-5", "--on-deadline", "undrained", "--when-illegal", "wait",
            "--plan-hash", String(repeating: "0f", count: 32),
        ])
        #expect(
            services.stopRequests == [
                StopTaskRequest(
                    taskId: Self.id, mode: .forced, reason: "gone", requestId: "rid", requireAllObjects: true,
                    drainDeadlineMs: 600_000, drainTo: DrainTarget(point: .gtid, gtid: "0-1-5"),
                    onDeadline: .stopUndrained, whenIllegal: .wait, planHash: [UInt8](repeating: 15, count: 32))
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
