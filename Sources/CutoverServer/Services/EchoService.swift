import CutoverModel
internal import CutoverRPC
internal import CutoverServices

/// Sends back what it is sent, for measurements.
struct EchoService: EchoHandler {
    func echo(_ request: EchoRequest, context: CallContext) throws -> EchoResponse {
        EchoResponse(payload: request.payload)
    }
}
