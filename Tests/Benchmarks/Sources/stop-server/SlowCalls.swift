import Synchronization

/// Makes one call in so many slow, by counting.
final class SlowCalls: Sendable {
    private let every: Int
    /// How long a slow call takes.
    let time: Duration
    private let served = Atomic<Int>(0)

    init(every: Int, time: Duration) {
        self.every = every
        self.time = time
    }

    /// Whether the next call is a slow one.
    func isNext() -> Bool {
        served.add(1, ordering: .relaxed).oldValue % every == 0
    }
}
