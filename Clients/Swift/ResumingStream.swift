import CutoverModel
import CutoverServices

/// What of a stream has been delivered, so that it can be opened again where it was lost. A pure value.
protocol StreamProgress: Sendable {
    associatedtype Message: ModelMessage

    /// Everything was delivered. A stream without an end of its own is never complete.
    var isComplete: Bool { get }

    /// What a lost stream was, in an error: `the watch of alarms`.
    static var streamName: String { get }

    /// Takes a message in; whether it is new and to be delivered.
    mutating func take(_ message: Message) -> Bool

    /// Opens the stream from where it was lost.
    func open(_ client: CutoverClient) -> RPCMessageSequence<Message>
}

/// Delivers the messages of a stream one after another, and opens it again when the server was lost.
struct ResumingIterator<Progress: StreamProgress> {
    let client: CutoverClient
    private(set) var progress: Progress
    private var backoff: ReconnectBackoff
    private var stream: RPCMessageSequence<Progress.Message>.AsyncIterator?

    init(client: CutoverClient, progress: Progress) {
        self.client = client
        self.progress = progress
        backoff = ReconnectBackoff(limitMs: client.configuration.reconnectTimeoutMs)
    }

    /// The next message; nil when the stream is complete.
    ///
    /// - Throws: `cancelled` when the task that iterates is cancelled; what the server refuses; `unavailable` when it
    ///   stays away for ``CutoverClient/Configuration/reconnectTimeoutMs``.
    mutating func next(isolation actor: isolated (any Actor)?) async throws(CutoverError) -> Progress.Message? {
        while !progress.isComplete {
            if Task.isCancelled { throw CutoverError(.cancelled, "\(Progress.streamName) was cancelled") }
            do {
                if stream == nil { stream = progress.open(client).makeAsyncIterator() }
                if let message = try await stream?.next(isolation: actor) {
                    backoff.reset()
                    if progress.take(message) { return message }
                    continue
                }
                throw CutoverError(.unavailable, "the server ended \(Progress.streamName) early", isRetriable: true)
            } catch {
                let error = CutoverError(error)
                guard error.isRetriable else { throw error }
                stream = nil
                let wait = backoff.next(hintMs: error.retryAfterMs, jitter: .random(in: 0...1))
                guard let wait else { throw error }
                client.configuration.onReconnect?(error)
                // Cancelled while waiting: the loop sees it.
                try? await Task.sleep(for: .milliseconds(wait))
            }
        }
        return nil
    }
}
