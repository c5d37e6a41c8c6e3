import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import Synchronization

/// Says whether the server takes calls.
final class HealthService: HealthHandler {
    private let isServing = Atomic<Bool>(true)

    func check(_ request: HealthCheckRequest, context: CallContext) throws -> HealthCheckResponse {
        HealthCheckResponse(status: isServing.load(ordering: .relaxed) ? .serving : .notServing)
    }

    /// From here on the server is on its way out.
    func stopServing() { isServing.store(false, ordering: .relaxed) }
}

/// Sends back what it is sent, for measurements.
struct EchoService: EchoHandler {
    func echo(_ request: EchoRequest, context: CallContext) throws -> EchoResponse {
        EchoResponse(payload: request.payload)
    }
}
