/// When a delivery that failed is tried again.
///
/// Whatever is not a 2xx answer is tried again, a 4xx too: a wrong path, a proxy's 403 or a secret that was changed on one side
/// is set right by somebody, and the alarm should not have been lost meanwhile.
enum WebhookRetry {
    static let firstDelayMs: Int64 = 1_000
    static let maxDelayMs: Int64 = 600_000
    /// A change older than this is given up.
    static let giveUpAfterMs: Int64 = 86_400_000

    /// The wait after this many attempts, at least one: doubled with each, and between half of that and all of it.
    /// - Parameter jitter: 0 to 1.
    static func delayMs(afterAttempts attempts: UInt32, jitter: Double) -> Int64 {
        let doublings = min(max(attempts, 1) - 1, 20)
        let whole = min(maxDelayMs, firstDelayMs << Int64(doublings))
        return whole / 2 + Int64(Double(whole / 2) * min(1, max(0, jitter)))
    }
}
