import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import TestHTTP
import Testing

/// What a whole server says of itself, as a scraper sees it.
@Suite struct ServerMetricsTests {
    private static func value(_ text: String, _ series: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    @Test func tasksCallsAndConnectionsAreShown() async throws {
        try await ServerAccessTests.Rig.with({ configuration, _ in
            configuration.observation.metricsListen = "127.0.0.1:0"
        }) { rig in
            let port = try #require(rig.server.metricsPort)
            let client = try rig.client(nil)
            let tasks = TaskServiceClient(client: client)
            for name in ["a", "b"] { _ = try await tasks.createTask(CreateTaskRequest(name: name)) }
            _ = await #expect(throws: RPCError.self) { try await tasks.getTask(GetTaskRequest(taskId: "none")) }
            let text = try await HTTPProbe.request("/metrics", port: port)
            let value = { (series: String) in Self.value(text, series) }
            #expect(value("cutover_tasks{status=\"CONFIGURATION\"}") == 2)
            #expect(value("cutover_tasks{status=\"STOPPING\"}") == 0 && value("cutover_stops_in_progress") == 0)
            #expect(value("cutover_rpc_connections") == 1 && value("cutover_rpc_connections_accepted_total") == 1)
            #expect(value("cutover_rpc_connections_refused_total{reason=\"unauthenticated\"}") == 0)
            let create = "method=\"cutover.v1.TaskService/CreateTask\""
            #expect(value("cutover_rpc_calls_total{\(create),status=\"OK\"}") == 2)
            #expect(value("cutover_rpc_call_duration_seconds_count{\(create)}") == 2)
            #expect(value("cutover_rpc_call_duration_seconds_bucket{\(create),le=\"+Inf\"}") == 2)
            #expect((value("cutover_rpc_received_bytes_total") ?? 0) > 100)
            #expect((value("cutover_rpc_sent_bytes_total") ?? 0) > 100)
            let get = "method=\"cutover.v1.TaskService/GetTask\""
            #expect(value("cutover_rpc_calls_total{\(get),status=\"NOT_FOUND\"}") == 1)
            #expect(value("cutover_rpc_live_handlers{\(get)}") == 0)
            #expect(value("cutover_batches_live") == 0 && value("cutover_task_runners") != nil)
            #expect((value("cutover_store_commit_duration_seconds_count") ?? 0) >= 2)
            #expect(value("cutover_build_info{version=\"\(CutoverServer.version)\"}") == 1)
            #expect((value("cutover_start_time_seconds") ?? 0) > 1_700_000_000)
            await client.shutdown(grace: .zero)
        }
    }

    @Test func strangersAreCountedAsRefused() async throws {
        try await ServerAccessTests.Rig.with({ configuration, editor in
            configuration.observation.metricsListen = "127.0.0.1:0"
            _ = try editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
        }) { rig in
            let client = try rig.client(nil)
            _ = await #expect(throws: RPCError.self) {
                try await HealthClient(client: client).check(HealthCheckRequest())
            }
            await client.shutdown(grace: .zero)
            let text = try await HTTPProbe.request("/metrics", port: try #require(rig.server.metricsPort))
            #expect((Self.value(text, "cutover_rpc_connections_refused_total{reason=\"unauthenticated\"}") ?? 0) >= 1)
        }
    }

    @Test func healthIsThatOfTheServer() async throws {
        try await ServerAccessTests.Rig.with({ configuration, _ in
            configuration.observation.metricsListen = "127.0.0.1:0"
        }) { rig in
            let port = try #require(rig.server.metricsPort)
            #expect(try await HTTPProbe.request("/healthz", port: port).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func withoutTheSettingNothingIsServed() async throws {
        try await ServerAccessTests.Rig.with { rig in #expect(rig.server.metricsPort == nil) }
    }
}
