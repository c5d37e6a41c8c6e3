/// Counts a peer's tolerated faults within a window of time (PROTOCOL.md, "Violations").
public struct FaultWindow: Sendable, Hashable {
    private let limit: UInt32
    private let windowMs: Int64
    private var windowStartMs: Int64 = 0
    private var count: UInt32 = 0

    /// More than `limit` faults within `windowMs` milliseconds are too many.
    public init(limit: UInt32, windowMs: UInt32) {
        self.limit = limit
        self.windowMs = Int64(windowMs)
    }

    /// Counts one fault at `nowMs` of any clock that does not go back. True when there are now too many.
    public mutating func record(nowMs: Int64) -> Bool {
        if count == 0 || nowMs &- windowStartMs > windowMs {
            windowStartMs = nowMs
            count = 0
        }
        count = count == .max ? count : count + 1
        return count > limit
    }
}
