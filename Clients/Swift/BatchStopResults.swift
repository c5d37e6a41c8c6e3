public import CutoverModel
import CutoverServices

/// The results of a batch stop, as they are known.
///
/// It ends after the summary. A task that is cancelled while it iterates leaves the batch to the server, which finishes
/// what it accepted.
public struct BatchStopResults: AsyncSequence, Sendable {
    public typealias Element = BatchStopEvent
    public typealias Failure = CutoverError

    let client: CutoverClient
    /// The request as it is sent, with its request id: the batch can be asked for again by it.
    public let request: BatchStopRequest

    public func makeAsyncIterator() -> Iterator {
        Iterator(client: client, request: request)
    }

    /// Delivers one result after another.
    public struct Iterator: AsyncIteratorProtocol {
        let client: CutoverClient
        let request: BatchStopRequest
        private var progress = BatchProgress()
        private var backoff: ReconnectBackoff
        private var stream: RPCMessageSequence<BatchStopEvent>.AsyncIterator?

        init(client: CutoverClient, request: BatchStopRequest) {
            self.client = client
            self.request = request
            backoff = ReconnectBackoff(limitMs: client.configuration.reconnectTimeoutMs)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(CutoverError) -> BatchStopEvent? {
            while !progress.isComplete {
                if Task.isCancelled { throw CutoverError(.cancelled, "the wait for the batch was cancelled") }
                do {
                    if stream == nil { stream = client.openBatch(request).makeAsyncIterator() }
                    if let event = try await stream?.next(isolation: actor) {
                        backoff.reset()
                        if progress.take(event) { return event }
                        continue
                    }
                    throw CutoverError(.unavailable, "the server ended the batch early", isRetriable: true)
                } catch {
                    let error = CutoverError(error)
                    guard error.isRetriable else { throw error }
                    stream = nil
                    let wait = backoff.next(hintMs: error.retryAfterMs, jitter: .random(in: 0...1))
                    guard let wait else { throw error }
                    client.configuration.onReconnect?(error)
                    try? await Task.sleep(for: .milliseconds(wait))
                }
            }
            return nil
        }
    }
}

extension CutoverClient {
    func openBatch(_ request: BatchStopRequest) -> RPCMessageSequence<BatchStopEvent> {
        batches.batchStop(request)
    }
}
