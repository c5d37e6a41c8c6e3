public import CutoverWire

/// What a caller may choose for one call.
public struct CallOptions: Sendable {
    /// How long the caller waits over all attempts, in milliseconds. nil takes the client's default, 0 waits for ever.
    public var timeoutMs: UInt32?
    /// Send a second attempt, a hedge, when the first has no answer after so many milliseconds; nil sends none. Only calls of
    /// methods without side effects are hedged (PROTOCOL.md, HEDGE-1), and streams never.
    public var hedgeAfterMs: UInt32?
    /// Named values sent beside the payload.
    public var metadata = Metadata()

    public init() {}
}
