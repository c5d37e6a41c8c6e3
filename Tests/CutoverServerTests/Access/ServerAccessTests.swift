import CutoverClient
import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import Foundation
import Logging
import NIOCore
import Testing

/// Who may do what at a whole server, over real connections.
@Suite struct ServerAccessTests {
    /// A server over a store in memory, and the file that says who may connect.
    final class Rig {
        let folder: TemporaryDirectory
        let server: CutoverServer
        let editor: AccessEditor

        private init(_ folder: TemporaryDirectory, _ server: CutoverServer, _ editor: AccessEditor) {
            self.folder = folder
            self.server = server
            self.editor = editor
        }

        static func with(
            _ change: (inout ServerConfiguration, AccessEditor) throws -> Void = { _, _ in },
            _ body: (Rig) async throws -> Void
        ) async throws {
            let folder = try TemporaryDirectory()
            defer { folder.remove() }
            var configuration = ServerConfiguration()
            configuration.listen = "127.0.0.1:0"
            configuration.dataDirectory = folder.path
            configuration.shutdownGraceMs = 0
            let editor = AccessEditor(configuration)
            try change(&configuration, editor)
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let server = try await CutoverServer.start(
                configuration, environment: [:], store: InMemoryTaskStore(), replicator: ScriptedReplicator(),
                logger: logger)
            let rig = Rig(folder, server, editor)
            do {
                try await body(rig)
            } catch {
                await server.shutdown()
                throw error
            }
            await server.shutdown()
        }

        /// A client of calls that are not decoded.
        func client(_ token: String?) throws -> RPCClient {
            var configuration = RPCClientConfiguration(
                endpoint: try RPCEndpoint(parsing: server.address, defaultPort: 1))
            configuration.credentials = token.map { Array($0.utf8) }
            configuration.maxAttempts = 1
            return RPCClient(configuration: configuration, logger: Logger(label: "test"))
        }
    }

    /// The lowest role that may call each method; from the description of the roles, not from the definitions.
    static let table: [String: Role] = [
        "Health/Check": .any, "Health/Watch": .any, "Echo/Echo": .any, "Stats/Get": .viewer,
        "Reflection/List": .reflection,
        "TaskService/CreateTask": .operator, "TaskService/ConfigureTask": .operator, "TaskService/StartTask": .operator,
        "TaskService/PauseTask": .operator, "TaskService/ResumeTask": .operator, "TaskService/DeleteTask": .admin,
        "TaskService/GetTask": .viewer, "TaskService/ListTasks": .viewer, "TaskService/ListActions": .viewer,
        "TaskService/WatchTasks": .viewer,
        "StopService/StopTask": .operator, "StopService/PlanStop": .viewer, "StopService/GetStop": .viewer,
        "StopService/CancelStop": .operator, "StopService/FinishResidue": .admin,
        "BatchStopService/BatchStop": .operator, "BatchStopService/GetBatchStop": .viewer,
        "BatchStopService/ListBatchStops": .viewer, "BatchStopService/WatchBatchStop": .viewer,
        "BatchStopService/CancelBatchStop": .operator,
        "AuditService/ReadAudit": .admin, "AlarmService/ListAlarms": .viewer, "AlarmService/WatchAlarms": .viewer,
    ]

    @Test func eachRoleMayCallWhatTheTableSays() async throws {
        try await Rig.with { rig in
            let methods = rig.server.methods
            #expect(
                Set(methods.map { $0.name }) == Set(Self.table.keys.map { "cutover.v1.\($0)" }),
                "a method that is served and has no line here, or the other way round")
            let ranks: [Role] = [.any, .viewer, .operator, .force, .admin]
            for role in AccessRole.allCases {
                let token = try rig.editor.createToken(
                    name: role.rawValue, role: role, reflection: false, lifetimeMs: nil)
                rig.server.reload()
                let client = try rig.client(token.text)
                let held = ranks.firstIndex { $0.name.lowercased() == role.rawValue } ?? 0
                for method in methods {
                    let need = try #require(Self.table[String(method.name.dropFirst("cutover.v1.".count))])
                    let isAllowed =
                        need == .reflection ? role == .admin : (ranks.firstIndex(of: need) ?? .max) <= held
                    let error = await Self.refusal(of: method, client)
                    // What is not a message tells the two apart: it is looked at only when the call is allowed.
                    #expect(
                        error?.status == (isAllowed ? .invalidArgument : .permissionDenied),
                        "\(role) for \(method.name): \(error as Any)")
                    #expect(error?.reason == (isAllowed ? "MALFORMED_PAYLOAD" : "ROLE_MISSING"))
                    #expect(isAllowed || error?.isNotExecuted == true)
                }
                await client.shutdown(grace: .zero)
            }
        }
    }

    /// Calls with bytes that are no message of any type.
    private static func refusal(of method: RPCMethod, _ client: RPCClient) async -> RPCError? {
        let payload = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF])
        var options = CallOptions()
        options.timeoutMs = 10_000
        do {
            switch method.kind {
            case .unary: _ = try await client.unary(method, payload, options: options)
            case .serverStream: for try await _ in client.serverStream(method, payload, options: options) {}
            }
            return nil
        } catch {
            return error as? RPCError
        }
    }

    @Test func aTokenIsTheActorAndCannotBeAnother() async throws {
        try await Rig.with { rig in
            let ann = try rig.editor.createToken(name: "ann", role: .operator, reflection: false, lifetimeMs: nil)
            rig.server.reload()
            let client = try rig.client(ann.text)
            let tasks = TaskServiceClient(client: client)
            let task = try await tasks.createTask(
                CreateTaskRequest(
                    name: "shop",
                    spec: TaskSpec(
                        source: DatabaseEndpoint(host: "a", user: "u"),
                        destination: DatabaseEndpoint(host: "b", user: "u"),
                        databases: ["shop"])))
            let stop = try await StopServiceClient(client: client).stopTask(
                StopTaskRequest(taskId: task.id, reason: "no longer needed"))
            #expect(stop.stop?.actor == "ann")
            await client.shutdown(grace: .zero)
        }
    }

    @Test func aRevokedTokenLosesItsConnection() async throws {
        try await Rig.with { rig in
            let ann = try rig.editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
            let bob = try rig.editor.createToken(name: "bob", role: .viewer, reflection: false, lifetimeMs: nil)
            rig.server.reload()
            let (first, second) = (try rig.client(ann.text), try rig.client(bob.text))
            let watching = Task { () -> RPCError? in
                do {
                    for try await _ in TaskServiceClient(client: first).watchTasks(WatchTasksRequest()) {}
                    return nil
                } catch {
                    return error as? RPCError
                }
            }
            _ = try await HealthClient(client: first).check(HealthCheckRequest())
            _ = try await HealthClient(client: second).check(HealthCheckRequest())
            try rig.editor.revokeToken(id: ann.entry.id)
            // Without a word to the server: it looks by itself.
            #expect(await watching.value?.status == .unavailable)
            let error = await #expect(throws: RPCError.self) {
                try await HealthClient(client: first).check(HealthCheckRequest())
            }
            #expect(error?.status == .unauthenticated)
            _ = try await HealthClient(client: second).check(HealthCheckRequest())
            await first.shutdown(grace: .zero)
            await second.shutdown(grace: .zero)
        }
    }

    @Test func theClientLibraryBringsItsTokenOverTLS() async throws {
        try await Rig.with({ configuration, _ in
            try Self.certificate(in: configuration.dataDirectory)
            configuration.security.certificateFile = configuration.dataDirectory + "/cert.pem"
            configuration.security.keyFile = configuration.dataDirectory + "/cert.key"
        }) { rig in
            let ann = try rig.editor.createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
            try rig.folder.write("token", ann.text + "\n")
            rig.server.reload()
            var configuration = CutoverClient.Configuration()
            configuration.tls = CutoverClient.TLS(authorityFile: rig.folder.path + "/cert.pem")
            configuration.token = try CutoverToken(file: rig.folder.path + "/token")
            let client = try CutoverClient(endpoint: rig.server.address, configuration: configuration)
            #expect(try await client.checkHealth() == .serving)
            let error = await #expect(throws: CutoverError.self) { try await client.stopTask("x", reason: "r") }
            #expect(error?.code == .permissionDenied && error?.reason == "ROLE_MISSING")
            await client.close()
            configuration.token = try CutoverToken(BearerToken.random().text)
            let stranger = try CutoverClient(endpoint: rig.server.address, configuration: configuration)
            let refusal = await #expect(throws: CutoverError.self) { try await stranger.checkHealth() }
            #expect(refusal?.code == .unauthenticated && refusal?.isRetriable == false)
            await stranger.close()
        }
    }

    /// A certificate that is its own authority.
    private static func certificate(in folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=cutover", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/cert.key", "-out",
            folder + "/cert.pem",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func aServerOnTheNetworkNeedsTLSAndCallersWhoSayWhoTheyAre() async throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        var configuration = ServerConfiguration()
        configuration.listen = "0.0.0.0:0"
        configuration.dataDirectory = folder.path
        #expect(configuration.findings().first?.contains("tls_certificate_file") == true)
        configuration.security.allowsPlaintextAnywhere = true
        #expect(configuration.findings().first?.contains("cutoverd token create") == true)
        await #expect(throws: RPCServerError.self) {
            try await CutoverServer.start(
                configuration, environment: [:], store: InMemoryTaskStore(), replicator: ScriptedReplicator(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
        _ = try AccessEditor(configuration).createToken(name: "ann", role: .viewer, reflection: false, lifetimeMs: nil)
        #expect(configuration.findings() == [])
        configuration.security.allowsPlaintextAnywhere = false
        try Self.certificate(in: folder.path)
        configuration.security.certificateFile = folder.path + "/cert.pem"
        #expect(configuration.findings().first?.contains("go together") == true)
        configuration.security.keyFile = folder.path + "/cert.key"
        #expect(configuration.findings() == [])
        configuration.security.clientAuthorityFile = folder.path + "/cert.key"
        #expect(configuration.findings().first?.contains("cert.key") == true, "a key is no authority")
    }
}
