// To be deleted: stands in while the calls are written.
import CutoverModel
internal import CutoverRPC
internal import CutoverServices

extension BatchStopService {
    func getBatchStop(_ request: GetBatchStopRequest, context: CallContext) async throws -> GetBatchStopResponse {
        throw RPCError(.unimplemented, "not played here")
    }

    func listBatchStops(
        _ request: ListBatchStopsRequest, context: CallContext
    ) async throws -> ListBatchStopsResponse {
        throw RPCError(.unimplemented, "not played here")
    }

    func watchBatchStop(
        _ request: WatchBatchStopRequest, context: CallContext, writer: ItemWriter<BatchStopEvent>
    ) async throws {
        throw RPCError(.unimplemented, "not played here")
    }

    func cancelBatchStop(_ request: CancelBatchStopRequest, context: CallContext) async throws -> StopBatch {
        throw RPCError(.unimplemented, "not played here")
    }
}
