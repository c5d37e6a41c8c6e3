public import CutoverModel

/// The results of a batch stop, as they are known.
///
/// It ends after the summary. A lost connection is made anew by the same request or batch id, and a result told before is
/// not told again. It throws `cancelled` when the iterating task is cancelled, which leaves the batch to the server: that
/// finishes what it accepted.
public struct BatchStopResults: AsyncSequence, Sendable {
    public typealias Element = BatchStopEvent
    public typealias Failure = CutoverError

    let client: CutoverClient
    let call: BatchProgress.Call

    /// The id of the batch, known before the server has answered.
    public var batchID: String {
        switch call {
        case .stop(let request): request.requestId
        case .watch(let request): request.batchId
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(ResumingIterator(client: client, progress: BatchProgress(call)))
    }

    /// Delivers one result after another.
    public struct Iterator: AsyncIteratorProtocol {
        private var base: ResumingIterator<BatchProgress>

        init(_ base: ResumingIterator<BatchProgress>) {
            self.base = base
        }

        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(CutoverError) -> BatchStopEvent? {
            try await base.next(isolation: actor)
        }
    }
}
