internal import CutoverWire
internal import NIOCore

/// When a failed attempt is followed by another (PROTOCOL.md, "Retries"), and how long is waited before.
struct RetryPolicy: Sendable {
    let maxAttempts: Int
    let baseMs: UInt32
    let maxMs: UInt32

    /// How long to wait before attempt `attempt` + 1; nil when there must be none.
    func waitMs(after error: RPCError, attempt: Int, method: RPCMethod) -> UInt32? {
        guard attempt < maxAttempts, error.retryAfterMs != RPCError.neverRetry else { return nil }
        guard error.status != .cancelled, error.status != .deadlineExceeded else { return nil }
        let isLost = error.reason == RPCError.Reason.connectionLost
        guard error.isNotExecuted || (method.isIdempotent && isLost) else { return nil }
        return max(error.retryAfterMs ?? 0, backoffMs(step: attempt))
    }

    /// A random wait of the doubling series: between half and the whole of `base` * 2^(step - 1), `max` at most.
    func backoffMs(step: Int) -> UInt32 {
        let shift = min(max(step - 1, 0), 20)
        let whole = min(UInt64(baseMs) << UInt64(shift), UInt64(maxMs))
        return UInt32(clamping: UInt64.random(in: whole / 2...whole))
    }
}
