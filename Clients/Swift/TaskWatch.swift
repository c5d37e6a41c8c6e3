public import CutoverModel
import CutoverServices

/// The changes of tasks, as they happen; see ``CutoverClient/watchTasks(_:)`` for what comes when.
///
/// It ends when the iterating task is cancelled, and throws when the server cannot be reached for
/// ``CutoverClient/Configuration/reconnectTimeoutMs`` or refuses the watch.
public struct TaskWatch: AsyncSequence, Sendable {
    public typealias Element = WatchEvent
    public typealias Failure = CutoverError

    let client: CutoverClient
    /// The request as it was first sent.
    public let request: WatchTasksRequest

    public func makeAsyncIterator() -> Iterator {
        Iterator(client: client, progress: WatchProgress(request))
    }

    /// Delivers one change after another.
    public struct Iterator: AsyncIteratorProtocol {
        let client: CutoverClient
        var progress: WatchProgress
        private var backoff: ReconnectBackoff
        private var stream: RPCMessageSequence<WatchEvent>.AsyncIterator?

        init(client: CutoverClient, progress: WatchProgress) {
            self.client = client
            self.progress = progress
            backoff = ReconnectBackoff(limitMs: client.configuration.reconnectTimeoutMs)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(CutoverError) -> WatchEvent? {
            while !Task.isCancelled {
                do {
                    if stream == nil {
                        if let first = progress.reconnect() { return first }
                        stream = client.openWatch(progress.nextRequest).makeAsyncIterator()
                    }
                    if let event = try await stream?.next(isolation: actor) {
                        backoff.reset()
                        if progress.take(event) { return event }
                        continue
                    }
                    // A watch has no end of its own: the server ended it, so it is opened again.
                    let ended = CutoverError(.unavailable, "the server ended the watch", isRetriable: true)
                    try await pause(for: ended, isolation: actor)
                } catch {
                    let error = CutoverError(error)
                    if error.code == .cancelled { return nil }
                    guard error.isRetriable else { throw error }
                    try await pause(for: error, isolation: actor)
                }
            }
            return nil
        }

        private mutating func pause(
            for error: CutoverError, isolation actor: isolated (any Actor)?
        ) async throws(CutoverError) {
            stream = nil
            let wait = backoff.next(hintMs: error.retryAfterMs, jitter: .random(in: 0...1))
            guard let wait else { throw error }
            client.configuration.onReconnect?(error)
            // Cancelled while waiting: the caller's loop sees it.
            try? await Task.sleep(for: .milliseconds(wait))
        }
    }
}

extension CutoverClient {
    func openWatch(_ request: WatchTasksRequest) -> RPCMessageSequence<WatchEvent> {
        tasks.watchTasks(request)
    }
}
