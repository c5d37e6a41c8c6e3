import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import Synchronization

/// Says whether the server takes calls, once or for as long as somebody wants to know.
final class HealthService: HealthHandler {
    private struct State {
        var status = ServingStatus.serving
        var nextWatcher = 0
        var watchers: [Int: AsyncStream<ServingStatus>.Continuation] = [:]
    }

    private let state = Mutex(State())

    var isServing: Bool { state.withLock { $0.status == .serving } }

    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: state.withLock { $0.status })
    }

    func watch(
        _ request: HealthCheckRequest, context: CallContext, writer: ItemWriter<HealthCheckResponse>
    ) async throws {
        // One is enough: a watcher that is slow is told the last status only.
        let (statuses, continuation) = AsyncStream.makeStream(
            of: ServingStatus.self, bufferingPolicy: .bufferingNewest(1))
        let watcher = state.withLock { state in
            continuation.yield(state.status)
            if state.status != .serving { continuation.finish() }
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = continuation
            return state.nextWatcher
        }
        defer { state.withLock { _ = $0.watchers.removeValue(forKey: watcher) } }
        for await status in statuses { try await writer.write(HealthCheckResponse(status: status)) }
    }

    /// From here on the server is on its way out: every watcher is told, and its stream ends.
    func stopServing() {
        state.withLock { state in
            state.status = .notServing
            for watcher in state.watchers.values {
                watcher.yield(.notServing)
                watcher.finish()
            }
        }
    }
}
