public import NIOCore
internal import CutoverWire

/// The messages of a server stream, each as it is asked for. Fails with ``RPCError``.
///
/// The server sends no more than the credit of the stream ahead of the reader: who reads slowly slows it down.
public struct RPCItemSequence: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer
    public typealias Failure = RPCError

    let connector: ClientConnector
    let method: RPCMethod
    let payload: ByteBuffer
    let options: CallOptions

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(reader: RPCStreamReader(sequence: self))
    }

    /// Makes the call at its first `next()`, and cancels it when it is let go before the end.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let reader: RPCStreamReader

        public mutating func next() async throws(RPCError) -> ByteBuffer? {
            try await reader.next()
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(RPCError) -> ByteBuffer? {
            try await reader.next()
        }
    }
}

/// The state of one iteration over a stream; used by one task at a time, as iterators are.
final class RPCStreamReader {
    private let sequence: RPCItemSequence
    private let deadline: NIODeadline?
    private var call: ClientCall?
    private var attempt = 1
    private var hasItems = false
    private var isOver = false

    init(sequence: RPCItemSequence) {
        self.sequence = sequence
        let timeoutMs = sequence.options.timeoutMs ?? 0
        deadline = timeoutMs == 0 ? nil : NIODeadline.now() + .milliseconds(Int64(timeoutMs))
    }

    deinit {
        call?.cancel(.user)
    }

    nonisolated(nonsending) func next() async throws(RPCError) -> ByteBuffer? {
        guard !isOver else { return nil }
        while true {
            let call = self.call ?? start()
            guard let stream = call.stream else { return nil }
            do {
                let item = try await stream.next(of: call)
                isOver = item == nil
                hasItems = hasItems || item != nil
                return item
            } catch {
                try await retryOrFail(error as? RPCError ?? RPCError(.unknown, "the stream failed"))
            }
        }
    }

    /// Lets the loop call again when nothing of the stream was run.
    private nonisolated(nonsending) func retryOrFail(_ error: RPCError) async throws(RPCError) {
        call = nil
        do throws(RPCError) {
            guard !hasItems else { throw error }
            try await sequence.connector.waitForRetry(
                after: error, attempt: attempt, method: sequence.method, deadline: deadline)
            attempt += 1
        } catch {
            isOver = true
            throw error
        }
    }

    private func start() -> ClientCall {
        let stream = ClientStream(creditBytes: sequence.connector.limits.streamCreditBytes)
        let call = ClientCall(
            method: sequence.method, payload: sequence.payload, metadata: sequence.options.metadata,
            deadline: deadline, stream: stream)
        self.call = call
        sequence.connector.submit(call)
        return call
    }
}
