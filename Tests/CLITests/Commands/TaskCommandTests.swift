import CutoverModel
import CutoverRPC
import Testing

@testable import cutover

@Suite struct TaskCommandTests {
    private let services = FakeServices([
        .init(task: Fixtures.copying), .init(task: Fixtures.following),
        .init(
            task: Fixtures.broken,
            refusal: RPCError(.failedPrecondition, "The task has failed.", reason: "STOP_FIRST")),
    ])

    @Test func aServerThatIsNotThereIsOneClearMessage() async {
        let run = await FakeServices.run(["task", "list"], address: "unix:/nonexistent/cutover.sock")
        #expect(run.status == 6)
        #expect(
            run.errors == """
                cutover: cannot reach the server at unix:/nonexistent/cutover.sock
                  Is cutoverd running there? --server or CUTOVER_ADDRESS names another address.

                """)
        #expect(run.output.isEmpty)
    }

    @Test func anAddressThatIsNoneIsWrongUse() async {
        let run = await FakeServices.run(["health"], address: "http://x:1")
        #expect(run.status == 64)
        #expect(run.errors.contains("is not the address of a server"))
    }

    @Test func health() async throws {
        let run = try await services.run(["health", "-o", "json"])
        #expect(run.status == 0)
        #expect(run.output == "{\n  \"status\": \"SERVING\"\n}\n")
    }

    @Test func createSaysTheId() async throws {
        let run = try await services.run(["task", "create", "shop", "--label", "team=a"])
        #expect(run.output == "Created task new  CONFIGURATION\n")
        let yaml = try await services.run(["task", "create", "shop", "--label", "team=a=b", "-o", "yaml"])
        #expect(yaml.output.contains("labels:\n- key: team\n  value: a=b\n"))
    }

    @Test func configureSendsTheSpecification() async throws {
        let run = try await services.run([
            "task", "configure", Fixtures.following.id, "--source-host", "a", "--destination-socket", "/b",
            "--database", "shop",
        ])
        #expect(run.status == 0)
        let request = try #require(services.configureRequests.first)
        #expect(request.spec?.source?.host == "a")
        #expect(request.spec?.destination?.unixSocket == "/b")
        #expect(!request.requestId.isEmpty)
    }

    @Test func configureNeedsSomething() async throws {
        let run = try await services.run(["task", "configure", "x"])
        #expect(run.status == 64)
        #expect(run.errors.hasPrefix("cutover: Nothing to configure"))
    }

    @Test func listShowsAPageOrAll() async throws {
        let page = try await services.run(["task", "list", "-o", "json"])
        #expect(page.output.contains(Fixtures.copying.id))
        #expect(!page.output.contains(Fixtures.broken.id))
        #expect(page.errors == "There are more tasks than these 1: --all shows all.\n")
        let all = try await services.run(["task", "list", "--all"])
        #expect(all.output.split(separator: "\n").count == 4)
        #expect(all.errors.isEmpty)
    }

    @Test func oneOfSeveralThatFailsDoesNotKeepTheOthers() async throws {
        let run = try await services.run(["task", "start", Fixtures.broken.id, Fixtures.following.id])
        #expect(run.status == 7)
        #expect(run.errors == "cutover: \(Fixtures.broken.id): rejected: The task has failed. (STOP_FIRST)\n")
        #expect(run.output == "crm  \(Fixtures.following.id)  INCREMENTAL_MIGRATION\n")
    }

    @Test func startWaitsUntilTheTaskFollowsChanges() async throws {
        let run = try await services.run(["task", "start", Fixtures.following.id, "--wait"])
        #expect(run.status == 0)
        #expect(run.errors == "07:00:04  crm  INCREMENTAL_MIGRATION\n")
    }

    /// That the present state was told whole is a message without a task.
    @Test func theEndOfTheListIsNoDeletion() async throws {
        var starting = Fixtures.following
        starting.status = .starting
        let watched = [
            WatchEvent(task: starting, taskId: starting.id, kind: .present), WatchEvent(kind: .presentEnd),
            WatchEvent(event: TaskEvent(), task: Fixtures.following, taskId: starting.id, kind: .change),
        ]
        let services = FakeServices([.init(task: Fixtures.following)], watched: watched)
        let run = try await services.run(["task", "start", starting.id, "--wait"])
        #expect(run.status == 0)
        #expect(run.errors == "07:00:04  crm  STARTING\n07:00:04  crm  INCREMENTAL_MIGRATION\n")
        let deleted = FakeServices(
            [.init(task: starting)],
            watched: [WatchEvent(event: TaskEvent(), taskId: starting.id, kind: .change)])
        #expect(try await deleted.run(["task", "start", starting.id, "--wait"]).status == 5)
    }

    @Test func aTaskThatFailsEndsTheWait() async throws {
        let broken = FakeServices([.init(task: Fixtures.broken)])
        let run = try await broken.run(["task", "start", Fixtures.broken.id, "--wait"])
        #expect(run.status == 4)
        #expect(run.output.contains("POSITION_LOST"))
    }

    @Test func showGivesOneDocumentOrAList() async throws {
        let one = try await services.run(["task", "show", Fixtures.following.id, "-o", "json"])
        #expect(one.output.hasPrefix("{"))
        let two = try await services.run(["task", "show", Fixtures.following.id, Fixtures.copying.id, "-o", "json"])
        #expect(two.output.hasPrefix("["))
        let unknown = try await services.run(["task", "show", "nope"])
        #expect(unknown.status == 5)
        #expect(unknown.errors == "cutover: not found: There is no task with this id. (UNKNOWN_TASK)\n")
    }
}
