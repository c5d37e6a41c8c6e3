import CutoverProto
public import CutoverModel
import CutoverRPC
import NIOCore

/// What a streaming handler sends its messages with.
public struct ItemWriter<Message: ModelMessage>: Sendable {
    private let send: @Sendable (Message) async throws -> Void

    init(_ writer: RPCItemWriter) where Message: ProtoMessage {
        send = { message in try await writer.write(ByteBuffer(encoding: message)) }
    }

    /// A writer for a handler that is called without a connection, as in tests.
    public init(send: @escaping @Sendable (Message) async throws -> Void) {
        self.send = send
    }

    /// Sends one message; waits while the caller has granted no more.
    ///
    /// Throws `CancellationError` when the call has ended, and ``RPCError`` when the message is too large.
    public func write(_ message: Message) async throws {
        try await send(message)
    }
}
