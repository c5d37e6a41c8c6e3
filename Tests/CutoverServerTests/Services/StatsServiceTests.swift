import CutoverModel
@testable import CutoverServer
import CutoverRPC
import CutoverServices
import Testing

/// Counters and lists of a whole server, over real connections.
@Suite struct StatsServiceTests {
    @Test func theCountersAreThoseOfTheServer() async throws {
        try await ServerAccessTests.Rig.with { rig in
            let client = try rig.client(nil)
            for _ in 0..<2 { _ = try await HealthClient(client: client).check(HealthCheckRequest()) }
            await #expect(throws: RPCError.self) {
                try await TaskServiceClient(client: client).getTask(GetTaskRequest(taskId: "none"))
            }
            let stats = try await StatsClient(client: client).get(GetStatsRequest())
            #expect(stats.version == CutoverServer.version && stats.connections == 1 && stats.connectionsAccepted == 1)
            #expect(stats.startedAtMs > 0 && stats.nowMs >= stats.startedAtMs)
            #expect(stats.methods.map(\.name) == rig.server.methods.map(\.name).sorted())
            let counted = { (name: String) in stats.methods.first { $0.name == "cutover.v1.\(name)" } }
            #expect(counted("Health/Check")?.answered == 2 && counted("Health/Check")?.failed == 0)
            #expect(counted("TaskService/GetTask")?.answered == 1 && counted("TaskService/GetTask")?.failed == 1)
            await client.shutdown(grace: .zero)
        }
    }

    @Test func reflectionIsAPermissionOfItsOwn() async throws {
        try await ServerAccessTests.Rig.with { rig in
            let plain = try rig.editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
            let reflecting = try rig.editor.createToken(name: "bob", role: .viewer, reflection: true, lifetimeMs: nil)
            rig.server.reload()
            let (ann, bob) = (try rig.client(plain.text), try rig.client(reflecting.text))
            let refusal = await #expect(throws: RPCError.self) {
                try await ReflectionClient(client: ann).list(ListMethodsRequest())
            }
            #expect(refusal?.status == .permissionDenied)
            let listed = try await ReflectionClient(client: bob).list(ListMethodsRequest())
            #expect(listed.methods.map(\.name) == rig.server.methods.map(\.name).sorted())
            await ann.shutdown(grace: .zero)
            await bob.shutdown(grace: .zero)
        }
    }
}
