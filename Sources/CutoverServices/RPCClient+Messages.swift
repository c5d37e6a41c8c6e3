import CutoverProto
import CutoverRPC
import NIOCore

/// Calls that take and give messages. Generated code makes them.
extension RPCClient {
    func messageCall<Request: ProtoMessage, Response: ProtoMessage>(
        _ method: RPCMethod, _ request: Request, options: CallOptions
    ) async throws -> Response {
        let answer = try await unary(method, ByteBuffer(encoding: request), options: options)
        return try answer.decodeResponse(as: Response.self)
    }

    func messageStream<Request: ProtoMessage, Item: ProtoMessage>(
        _ method: RPCMethod, _ request: Request, options: CallOptions
    ) -> RPCMessageSequence<Item> {
        RPCMessageSequence(serverStream(method, ByteBuffer(encoding: request), options: options))
    }
}
