import CutoverProto
public import CutoverModel
import CutoverRPC
import NIOCore

/// The messages of a streaming call, in order. Iterating throws `RPCError`; it may be iterated once.
public struct RPCMessageSequence<Message: ModelMessage>: AsyncSequence, Sendable {
    private let items: RPCItemSequence
    private let decode: @Sendable (ByteBuffer) throws -> Message

    init(_ items: RPCItemSequence) where Message: ProtoMessage {
        self.items = items
        decode = { try $0.decodeResponse(as: Message.self) }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(items: items.makeAsyncIterator(), decode: decode)
    }

    /// Reads one message after another.
    public struct Iterator: AsyncIteratorProtocol {
        private var items: RPCItemSequence.AsyncIterator
        private let decode: @Sendable (ByteBuffer) throws -> Message

        init(items: RPCItemSequence.AsyncIterator, decode: @escaping @Sendable (ByteBuffer) throws -> Message) {
            self.items = items
            self.decode = decode
        }

        public mutating func next() async throws -> Message? {
            guard let item = try await items.next() else { return nil }
            return try decode(item)
        }
    }
}
