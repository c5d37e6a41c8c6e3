import CutoverModel
import CutoverRPC
import Foundation
import Testing

@testable import cutover

@Suite struct BatchCommandTests {
    private static var healthy: FakeServices.Entry {
        var stop = Fixtures.gracefulStop
        stop.batchId = Fixtures.batch.id
        return .init(task: Fixtures.following, plan: Fixtures.gracefulPlan, stops: [stop])
    }

    private static var broken: FakeServices.Entry {
        var stop = Fixtures.gracefulStop
        stop.id = "forced"
        stop.taskId = Fixtures.broken.id
        stop.batchId = Fixtures.batch.id
        stop.phase = .failed
        return .init(task: Fixtures.broken, plan: Fixtures.forcedPlan, stops: [stop])
    }

    private static var refused: FakeServices.Entry {
        .init(
            task: MigrationTask(id: "refused", name: "r", status: .configuration),
            plan: StopPlan(taskId: "refused", refusal: ErrorInfo(message: "Not now.", reason: "CONFIGURATION_FAILED")),
            refusal: RPCError(.failedPrecondition, "Not now.", reason: "CONFIGURATION_FAILED"))
    }

    private let services = FakeServices(
        [healthy, broken, refused], batches: [Fixtures.batch, StopBatch(id: "older", state: .running)])

    @Test func theOptionsReachTheServer() async throws {
        _ = try await services.run([
            "batch", "stop", "a", "--yes", "--status", "paused", "--status", "stop-failed", "--name", "shop-*",
            "--label", "team=shop", "--label", "tier=1", "--older-than", "7d", "--unchanged-for", "1d",
            "--max-parallel", "10",
            "--stop-after-failures", "3", "--override", "a=graceful", "--when-illegal", "wait", "--request-id", "rid",
            "--wait", "--mode", "forced", "--reason", "gone",
        ])
        #expect(
            services.batchRequests == [
                BatchStopRequest(
                    taskIds: ["a"], mode: .forced, reason: "gone", requestId: "rid", wait: true, whenIllegal: .wait,
                    selector: StopSelector(
                        statuses: [.paused, .stopFailed], nameGlob: "shop-*",
                        labels: [TaskLabel(key: "team", value: "shop"), TaskLabel(key: "tier", value: "1")],
                        minAgeMs: 604_800_000,
                        minUnchangedMs: 86_400_000),
                    overrides: [StopOverride(taskId: "a", mode: .graceful)], maxParallel: 10, stopAfterFailures: 3)
            ])
    }

    /// What is selected is shown, counted, and then stopped by its ids: nothing else may come in meanwhile.
    @Test func aSelectionIsShownByADryRunAndPinned() async throws {
        let run = try await services.run(
            ["stop", "--all", "--request-id", "rid"], answers: ["force"], isTerminal: true)
        #expect(services.batchRequests.map(\.dryRun) == [true, false])
        #expect(services.batchRequests.map { $0.requestId == "rid" } == [false, true], "the id is the stop's alone")
        let request = try #require(services.batchRequests.last)
        #expect(request.taskIds == [Fixtures.following.id, Fixtures.broken.id])
        #expect(request.selector == nil)
        #expect(request.mode == .graceful)
        #expect(request.overrides == [StopOverride(taskId: Fixtures.broken.id, mode: .auto)])
        #expect(run.errors.contains("To be stopped: 2 tasks, 1 of them BY FORCE\n"))
        #expect(run.errors.contains("Cannot be stopped: 1 task\n"))
        #expect(run.errors.contains("Type \"force\" to stop 2 tasks, 1 by force: "))
        #expect(run.status == 0)
    }

    @Test func aDeclinedSelectionStopsNothing() async throws {
        let run = try await services.run(["stop", "--all"], answers: ["y"], isTerminal: true)
        #expect(run.status == 130)
        #expect(services.batchRequests.map(\.dryRun) == [true])
    }

    /// A script that forgot --yes stops nothing, and asks the server for nothing.
    @Test func aSelectionIsNotStoppedWhereNobodyCanBeAsked() async throws {
        for arguments in [["stop", "--all"], ["batch", "stop", "a", "b"]] {
            let run = try await services.run(arguments, answers: ["force"])
            #expect(run.status == 64)
            #expect(run.errors.contains("Give --yes to stop without being asked."))
            #expect(run.output.isEmpty)
        }
        #expect(services.batchRequests.isEmpty && services.planRequests.isEmpty)
    }

    @Test func aSelectionThatNothingFitsIsSaid() async throws {
        let run = try await services.run(["stop", "--status", "paused"], answers: ["y"], isTerminal: true)
        #expect(run.status == 0)
        #expect(run.errors == "No task fits.\n")
        #expect(services.batchRequests.map(\.dryRun) == [true])
    }

    @Test func aDryRunSaysWhatWouldBecomeOfEach() async throws {
        let run = try await services.run(["stop", "--all", "--dry-run"])
        #expect(run.status == 7)
        #expect(services.batchRequests.map(\.dryRun) == [true])
        #expect(
            run.output == """
                Dry run, nothing is changed
                  would stop       \(Fixtures.following.id)  crm
                  would stop       \(Fixtures.broken.id)  \(Fixtures.broken.name)  BY FORCE
                  rejected         refused  r  CONFIGURATION: Not now. (CONFIGURATION_FAILED)
                3 tasks: 2 would stop, 1 of them by force, 1 rejected

                """)
    }

    @Test func aBatchOfFewAtATimeIsLeftToTheServer() async throws {
        let run = try await services.run(["stop", "--all", "--max-parallel", "2", "--yes", "--detach"])
        #expect(run.status == 0)
        #expect(run.output == "Batch batch-1\n")
        #expect(run.errors.hasPrefix("The batch goes on at the server:\n  cutover batch watch "))
    }

    @Test func idsComeFromFilesToo() async throws {
        try await TemporaryFolder.use { folder in
            let ids = folder.appending(path: "ids")
            let overrides = folder.appending(path: "o.yaml")
            try Data("\(Fixtures.following.id) # crm\nrefused\n".utf8).write(to: ids)
            try Data("refused: {mode: graceful, reason: old, drain_deadline_ms: 500}\n".utf8).write(to: overrides)
            _ = try await services.run([
                "stop", "--file", ids.path(), "--override-file", overrides.path(), "--override", "refused=auto",
                "--yes",
            ])
            let request = try #require(services.batchRequests.first)
            #expect(request.taskIds == [Fixtures.following.id, "refused"])
            #expect(
                request.overrides
                    == [StopOverride(taskId: "refused", mode: .auto, reason: "old", drainDeadlineMs: 500)],
                "the option is about the mode alone")
            let missing = try await services.run(["stop", "--file", folder.appending(path: "no").path(), "--yes"])
            #expect(missing.status == 64)
            #expect(missing.errors.hasSuffix("/no: there is no such file\n"))
        }
    }

    /// A terminal gets what is noteworthy at the end, a pipe each line as it comes.
    @Test func onATerminalTheResultsComeAtTheEnd() async throws {
        let run = try await services.run(
            ["batch", "stop", Fixtures.following.id, "refused", "--yes", "--wait"], isTerminal: true)
        #expect(run.status == 7)
        #expect(
            run.output == """
                Batch batch-1: 2 tasks
                  stopped          \(Fixtures.following.id)  crm
                  rejected         refused  r
                                   CONFIGURATION: Not now. (CONFIGURATION_FAILED)
                2 tasks: 1 stopped, 1 rejected

                """)
    }

    @Test func batchesAreListed() async throws {
        let page = try await services.run(["batch", "list"])
        #expect(page.output.split(separator: "\n").count == 2)
        #expect(page.errors == "There are more batches than these 1: --all shows all.\n")
        let all = try await services.run(["batch", "list", "--all", "-o", "json"])
        #expect(all.output.contains("\"id\": \"older\""))
    }

    @Test func aBatchIsShownWithWhatDidNotGoWell() async throws {
        let run = try await services.run(["batch", "show", Fixtures.batch.id])
        #expect(run.status == 0)
        #expect(run.output.contains("Results    3 tasks: 2 stopped, 1 failed\n"))
        #expect(run.output.contains("\nNot stopped\n  failed           \(Fixtures.broken.id)"))
        #expect(!run.output.contains(Fixtures.following.id))
        let items = try await services.run(["batch", "show", Fixtures.batch.id, "--items"])
        #expect(items.output.contains("  stopped          \(Fixtures.following.id)"))
        let failed = try await services.run(["batch", "show", Fixtures.batch.id, "--result", "failed", "-o", "json"])
        #expect(failed.output.split(separator: "\n").count == 2)
        #expect(try await services.run(["batch", "show", "nope"]).status == 5)
    }

    @Test func aBatchThatIsWatchedEndsWithItsStatus() async throws {
        let run = try await services.run(["batch", "watch", Fixtures.batch.id])
        #expect(run.status == 7)
        #expect(run.output.hasPrefix("Batch \(Fixtures.batch.id): 2 tasks (accepted before)\n"))
        let changes = try await services.run(["batch", "watch", Fixtures.batch.id, "--only-changes"])
        #expect(changes.status == 7)
        #expect(!changes.output.contains(Fixtures.following.id))
        #expect(try await services.run(["batch", "watch", "nope"]).status == 5)
    }

    @Test func aBatchIsCancelled() async throws {
        let run = try await services.run(["batch", "cancel", "older", "--withdraw", "--reason", "not today"])
        #expect(run.status == 0)
        #expect(run.output == "Batch older cancelled\n")
        #expect(
            services.batchCancels == [CancelBatchStopRequest(batchId: "older", reason: "not today", withdraw: true)])
        let ended = try await services.run(["batch", "cancel", Fixtures.batch.id])
        #expect(ended.output == "Batch \(Fixtures.batch.id) had finished already\n  3 tasks: 2 stopped, 1 failed\n")
    }
}
