/// How long a drain will still take, from how fast the lag shrinks. A pure value; the caller brings the clock.
struct DrainEstimate: Sendable, Hashable {
    private var firstLagMs: UInt64 = 0
    private var firstAtMs: Int64 = 0
    private(set) var lagMs: UInt64 = 0
    private var atMs: Int64 = 0

    /// Takes in the lag seen at a time in milliseconds. A lag that grew past the first begins the estimate anew.
    mutating func observe(lagMs: UInt64, atMs: Int64) {
        if firstAtMs == 0 || lagMs > firstLagMs {
            firstLagMs = lagMs
            firstAtMs = atMs
        }
        self.lagMs = lagMs
        self.atMs = atMs
    }

    /// The largest lag seen and how much of it is gone, for a bar.
    var progress: (done: UInt64, total: UInt64) { (firstLagMs - min(firstLagMs, lagMs), firstLagMs) }

    /// Milliseconds until the lag is gone at the rate so far; nil while that cannot be told.
    var remainingMs: UInt64? {
        let gone = progress.done
        guard gone > 0, atMs > firstAtMs else { return nil }
        let estimate = Double(lagMs) * Double(atMs - firstAtMs) / Double(gone)
        guard estimate.isFinite, estimate < 1e12 else { return nil }
        return UInt64(estimate)
    }
}
