internal import CutoverTasks

/// How long to go on after failures that may pass, and how long to wait between attempts.
struct RetryBudget {
    let limitMs: Int
    private(set) var attempts = 0
    private var since: ContinuousClock.Instant?

    init(limitMs: Int) { self.limitMs = limitMs }

    mutating func reset() {
        attempts = 0
        since = nil
    }

    /// The pause before the next attempt, in milliseconds, within the budget.
    mutating func next(orThrow error: ReplicationError) throws -> Int {
        let now = ContinuousClock.now
        let start = since ?? now
        since = start
        guard now - start < .milliseconds(limitMs) else { throw error }
        return pauseMs()
    }

    /// The pause before the next attempt, in milliseconds: doubling from 100 ms to 3 s.
    mutating func pauseMs() -> Int {
        attempts += 1
        return min(3000, 100 << min(attempts - 1, 5))
    }
}
