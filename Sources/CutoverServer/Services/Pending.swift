// To be deleted: stands in while the calls are written.
import CutoverModel
internal import CutoverRPC
internal import CutoverServices

extension StopService {
    func cancelStop(_ request: CancelStopRequest, context: CallContext) async throws -> StopTaskResponse {
        throw RPCError(.unimplemented, "not played here")
    }

    func finishResidue(_ request: FinishResidueRequest, context: CallContext) async throws -> StopTaskResponse {
        throw RPCError(.unimplemented, "not played here")
    }
}
