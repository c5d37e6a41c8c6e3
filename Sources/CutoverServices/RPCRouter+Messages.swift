import CutoverProto
import CutoverRPC
import NIOCore

/// Registration of handlers that take and give messages. Generated code calls it.
extension RPCRouter {
    mutating func registerUnary<Request: ProtoMessage, Response: ProtoMessage>(
        _ method: RPCMethod, _ body: @escaping @Sendable (Request, CallContext) async throws -> Response
    ) throws {
        try register(
            method,
            unary: { payload, context in
                ByteBuffer(encoding: try await body(try payload.decodeRequest(as: Request.self), context))
            })
    }

    mutating func registerInline<Request: ProtoMessage, Response: ProtoMessage>(
        _ method: RPCMethod, _ body: @escaping @Sendable (Request, CallContext) throws -> Response
    ) throws {
        try register(
            method,
            inlineUnary: { payload, context in
                ByteBuffer(encoding: try body(try payload.decodeRequest(as: Request.self), context))
            })
    }

    mutating func registerStream<Request: ProtoMessage, Item: ProtoMessage>(
        _ method: RPCMethod,
        _ body: @escaping @Sendable (Request, CallContext, ItemWriter<Item>) async throws -> Void
    ) throws {
        try register(
            method,
            serverStream: { payload, context, writer in
                try await body(try payload.decodeRequest(as: Request.self), context, ItemWriter(writer))
            })
    }
}
