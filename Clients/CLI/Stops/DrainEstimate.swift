/// How long a drain will still take, from how fast what is left of it shrinks. A pure value; the caller brings the clock.
///
/// What is left may be counted in anything: milliseconds of lag, or transactions.
struct DrainEstimate: Sendable, Hashable {
    private var firstLeft: UInt64 = 0
    private var firstAtMs: Int64 = 0
    private(set) var left: UInt64 = 0
    private var atMs: Int64 = 0

    /// Takes in what was left at a time in milliseconds. When it grew past the first the estimate begins anew.
    mutating func observe(left: UInt64, atMs: Int64) {
        if firstAtMs == 0 || left > firstLeft {
            firstLeft = left
            firstAtMs = atMs
        }
        self.left = left
        self.atMs = atMs
    }

    /// How much is gone of the most there was, for a bar.
    var progress: (done: UInt64, total: UInt64) { (firstLeft - min(firstLeft, left), firstLeft) }

    /// Milliseconds until nothing is left at the rate so far; nil while that cannot be told.
    var remainingMs: UInt64? {
        let gone = progress.done
        guard gone > 0, atMs > firstAtMs else { return nil }
        let estimate = Double(left) * Double(atMs - firstAtMs) / Double(gone)
        guard estimate.isFinite, estimate < 1e12 else { return nil }
        return UInt64(estimate)
    }
}
