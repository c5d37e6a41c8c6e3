/// Counts a peer's tolerated faults within any stretch of time of one length (PROTOCOL.md, "Violations").
///
/// Remembers when the last faults were, rather than how many there were since some moment: with a counter that begins
/// anew, a peer that knows when it does could be faulty twice as often.
public struct FaultWindow: Sendable, Hashable {
    private let limit: Int
    private let windowMs: Int64
    /// When the last faults were, `limit` of them at most; the oldest is at `oldest` once there are so many.
    private var timesMs: [Int64] = []
    private var oldest = 0

    /// More than `limit` faults within `windowMs` milliseconds are too many.
    public init(limit: UInt32, windowMs: UInt32) {
        self.limit = Int(limit)
        self.windowMs = Int64(windowMs)
    }

    /// Counts one fault at `nowMs` of any clock that does not go back. True when there are now too many.
    public mutating func record(nowMs: Int64) -> Bool {
        guard limit > 0 else { return true }
        guard timesMs.count == limit else {
            timesMs.append(nowMs)
            return false
        }
        let earlierMs = timesMs[oldest]
        timesMs[oldest] = nowMs
        oldest = (oldest + 1) % limit
        return nowMs &- earlierMs <= windowMs
    }
}
