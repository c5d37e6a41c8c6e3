import CutoverModel
import Testing

@testable import cutover

@Suite struct WatchCommandTests {
    private static let id = Fixtures.following.id

    private static let events: [WatchEvent] = [
        WatchEvent(kind: .relist),
        WatchEvent(revision: 40, task: Fixtures.following, taskId: id, kind: .present),
        WatchEvent(revision: 40, kind: .presentEnd),
        WatchEvent(
            revision: 41,
            event: TaskEvent(
                revision: 41, taskId: id, from: .incrementalMigration, to: .stopping, actor: "alice",
                atMs: Fixtures.startMs, action: "stop.accepted"),
            task: Fixtures.following, taskId: id, kind: .change),
    ]

    @Test func everyKindOfMessageIsShown() async throws {
        let run = try await FakeServices([], watched: Self.events).run(["watch", Self.id])
        #expect(
            run.output == """
                07:00:04  Changes were missed that the server no longer keeps; each task follows as it stands.
                07:00:04  crm  \(Self.id)  INCREMENTAL_MIGRATION  lag 2.1 s
                07:00:04  So it stands at revision 40; changes follow.
                07:00:04  crm  \(Self.id)  INCREMENTAL_MIGRATION → STOPPING  stop.accepted by alice

                """)
    }

    @Test func asJSONEachMessageIsALine() async throws {
        let run = try await FakeServices([], watched: Self.events).run(["watch", "--format", "json"])
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.first?.contains("\"kind\":\"RELIST\"") == true)
        #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }

    @Test func theFiltersReachTheServer() async throws {
        let services = FakeServices([], watched: Self.events)
        _ = try await services.run([
            "watch", "a", "b", "--status", "paused", "--name", "shop-*", "--label", "team=shop", "--stop-id", "s",
            "--batch", "x", "--after-revision", "17", "--progress", "250ms",
        ])
        _ = try await services.run(["watch"])
        _ = try await services.run(["watch", "a"])
        #expect(
            services.watchRequests.first
                == WatchTasksRequest(
                    taskIds: ["a", "b"], afterRevision: 17, progressIntervalMs: 250, stopIds: ["s"], batchId: "x",
                    statuses: [.paused], nameGlob: "shop-*", labels: [TaskLabel(key: "team", value: "shop")]))
        // What is named is worth its progress; all tasks at once would flood the reader.
        #expect(services.watchRequests.map(\.progressIntervalMs) == [250, 0, 5000])
    }

    @Test func theLiveTableIsDrawn() async throws {
        let services = FakeServices([], watched: Self.events)
        let run = try await services.run(["watch", "--live"], isTerminal: true)
        #expect(run.errors.contains("crm                   INCREMENTAL_MIGRATION  lag 2.1 s\n"))
        #expect(run.output.isEmpty)
        #expect(try await services.run(["watch", "--live"]).status == 64)
    }
}
