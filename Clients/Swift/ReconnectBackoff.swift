/// How long to wait before a stream is opened again: doubling, with jitter, up to a limit in all. A pure value.
struct ReconnectBackoff: Sendable, Hashable {
    /// The first wait and the longest, in milliseconds.
    static let firstMs: UInt64 = 100
    static let longestMs: UInt64 = 5_000

    private let limitMs: UInt64
    private var waitedMs: UInt64 = 0
    private var nextMs = Self.firstMs

    init(limitMs: UInt32) {
        self.limitMs = UInt64(limitMs)
    }

    /// The next wait in milliseconds, or nil when the limit is reached.
    ///
    /// - Parameters:
    ///   - hintMs: What the server asked for; it is waited at least.
    ///   - jitter: A random number from 0 to 1, so that many clients do not come back at once.
    mutating func next(hintMs: UInt32?, jitter: Double) -> UInt64? {
        guard waitedMs < limitMs else { return nil }
        let spread = UInt64(Double(nextMs) * min(1, max(0, jitter)) / 2)
        let wait = min(limitMs - waitedMs, max(nextMs / 2 + spread, UInt64(hintMs ?? 0)))
        nextMs = min(Self.longestMs, nextMs * 2)
        waitedMs += max(1, wait)
        return wait
    }

    /// To be called when the stream has delivered something.
    mutating func reset() {
        waitedMs = 0
        nextMs = Self.firstMs
    }
}
