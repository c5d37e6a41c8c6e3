public import NIOCore

/// What a streaming handler sends its messages with.
public struct RPCItemWriter: Sendable {
    let stream: ServerStream

    /// Sends one message, and waits while the client's credit is used up or the connection is congested.
    ///
    /// Messages arrive in the order of the calls that returned. Throws `CancellationError` when the call was cancelled
    /// or its connection lost, and ``RPCError`` with RESOURCE_EXHAUSTED when the message is larger than the client accepts.
    public func write(_ item: ByteBuffer) async throws {
        try await stream.write(item)
    }
}
