public import NIOCore
internal import CutoverWire

/// The messages of a server stream, each as it is asked for. Fails with ``RPCError``.
///
/// The server sends no more than the credit of the stream ahead of the reader: who reads slowly slows it down.
public struct RPCItemSequence: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer
    public typealias Failure = RPCError

    let pool: ClientPool
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
    private let metadata: Metadata
    private var call: ClientCall?
    /// The connection of the attempt before.
    private var lastLink: ClientLink?
    private var attempt = 1
    private var hasItems = false
    private var isOver = false

    init(sequence: RPCItemSequence) {
        self.sequence = sequence
        deadline = CallInheritance.deadline(timeoutMs: sequence.options.timeoutMs ?? 0)
        metadata = sequence.pool.tracing.outgoing(sequence.options.metadata)
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
        do throws(RPCError) {
            guard !hasItems, let failed = call else { throw error }
            call = nil
            lastLink = failed.link
            try await sequence.pool.waitForRetry(after: error, of: failed, attempt: attempt)
            attempt += 1
        } catch {
            call = nil
            isOver = true
            throw error
        }
    }

    private func start() -> ClientCall {
        let stream = ClientStream(creditBytes: sequence.pool.limits.streamCreditBytes)
        let call = ClientCall(
            method: sequence.method, payload: sequence.payload, metadata: metadata, deadline: deadline,
            stream: stream, avoiding: lastLink)
        self.call = call
        if attempt == 1 { sequence.pool.budget.earn() }
        sequence.pool.submit(call)
        return call
    }
}
