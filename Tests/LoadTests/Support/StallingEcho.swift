import CutoverModel
import CutoverRPC
import CutoverServices
import Foundation
import Logging
import Synchronization

/// An echo server that answers at once, but for one time: then every call waits until the stall is over.
final class StallingEcho: HealthHandler {
    private struct State {
        var calls = 0
        var until: ContinuousClock.Instant?
    }

    private let stallsAfter: Int
    private let stall: Duration
    private let state = Mutex(State())

    init(stallsAfter: Int, for stall: Duration) {
        self.stallsAfter = stallsAfter
        self.stall = stall
    }

    var calls: Int { state.withLock { $0.calls } }

    private func waitWhileStalled() async throws {
        let until = state.withLock { state in
            state.calls += 1
            if state.calls == stallsAfter { state.until = ContinuousClock.now + stall }
            return state.until
        }
        if let until { try await Task.sleep(until: until, clock: .continuous) }
    }

    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: .serving)
    }

    func watch(
        _ request: HealthCheckRequest, context: CallContext, writer: ItemWriter<HealthCheckResponse>
    ) async throws {
        try await writer.write(HealthCheckResponse(status: .serving))
    }

    /// Serves on a Unix socket of its own while `body` runs with its address.
    func serve<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cutover-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "s").path()
        var router = RPCRouter()
        try router.register(health: self)
        // Request and response have the same fields, so what came can be sent back. The generated handler must not wait.
        try router.register(EchoMethods.echo) { payload, _ in
            try await self.waitWhileStalled()
            return payload
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await RPCServer.start(
            configuration: RPCServerConfiguration(endpoint: .unix(path: path)), router: router, logger: logger)
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body("unix:\(path)")) } catch { outcome = .failure(error) }
        await server.shutdown(grace: .milliseconds(50))
        return try outcome.get()
    }
}
