/// Every limit of the protocol in one place (PROTOCOL.md, "Limits").
///
/// The fixed numbers are static; what a server or client may choose is a field, and ``clamped()`` keeps each
/// choice between its floor and its ceiling.
public struct WireLimits: Sendable, Hashable {
    /// The greatest body of a frame that this side accepts, in bytes.
    public var maxFrameBytes: UInt32 = 1 << 20
    /// The greatest number of calls in flight on one connection.
    public var maxInFlight: UInt16 = 1024
    /// The credit a client starts each stream with, in bytes.
    public var streamCreditBytes: UInt32 = 256 << 10
    /// How long set-up may take, from the first byte to HELLO.
    public var handshakeDeadlineMs: UInt32 = 5_000
    /// How long a frame may take from its first byte to its last.
    public var frameDeadlineMs: UInt32 = 10_000
    /// How long a connection may be without any call.
    public var idleMs: UInt32 = 30 * 60_000
    /// The least time between two PINGs of the peer.
    public var minPingMs: UInt32 = 10_000
    /// Silence after which this side sends a PING; 0 sends none.
    public var keepaliveMs: UInt32 = 30_000
    /// How long the peer may stay silent after a PING.
    public var keepaliveTimeoutMs: UInt32 = 10_000
    /// Bytes waiting to be sent above which nothing more is read.
    public var outboundPauseBytes: Int = 1 << 20
    /// Bytes waiting to be sent above which the connection is closed.
    public var outboundCloseBytes: Int = 64 << 20
    /// How long bytes may wait without any of them leaving.
    public var outboundStallMs: UInt32 = 30_000
    /// Faulty calls within ``faultWindowMs`` above which the connection is closed.
    public var maxFaults: UInt32 = 100
    /// The window in which faulty calls are counted.
    public var faultWindowMs: UInt32 = 10_000

    public init() {}

    /// Bytes of the preface.
    public static let prefaceBytes = 8
    /// Bytes of a frame header.
    public static let headerBytes = 16
    /// Bytes in a REQUEST before its metadata: timeout and credit.
    public static let requestPrefixBytes = 8
    /// The greatest `max_frame` there is, in bytes.
    public static let maxFrameCeiling: UInt32 = (1 << 24) - 1
    /// The least `max_frame` a side may announce: what a client may send before it has heard from the server.
    public static let maxFrameFloor: UInt32 = 64 << 10
    /// The least number of calls in flight a server grants.
    public static let maxInFlightFloor: UInt16 = 16
    /// The most credit a stream may start with or hold, in bytes.
    public static let streamCreditCeiling: UInt32 = 16 << 20
    /// The greatest body of a HELLO, in bytes.
    public static let maxHelloBytes: UInt32 = 8 << 10
    /// The most settings in one HELLO.
    public static let maxHelloSettings = 64
    /// The greatest credentials in a HELLO, in bytes.
    public static let maxCredentialsBytes = 4 << 10
    /// The greatest agent string, in bytes.
    public static let maxAgentBytes = 64
    /// The greatest text of a GOAWAY, in bytes.
    public static let maxGoAwayTextBytes = 256
    /// The greatest metadata block, in bytes.
    public static let maxMetadataBytes = 8 << 10
    /// The most entries in one metadata block.
    public static let maxMetadataEntries = 64
    /// What an ITEM costs at least, in bytes of credit.
    public static let minItemCost: UInt32 = 64
    /// How much is read and dropped after a violation, in bytes.
    public static let lingerBytes = 64 << 10
    /// How long is waited for the peer's end after a violation.
    public static let lingerMs: UInt32 = 1_000
    /// The `retry_after` value that forbids a retry.
    public static let neverRetry: UInt32 = 0xFF_FFFF
    /// The greatest `retry_after` that is a time, in milliseconds.
    public static let maxRetryAfterMs: UInt32 = 0xFF_FFFE

    /// The same limits, each moved inside its floor and ceiling.
    public func clamped() -> WireLimits {
        var result = self
        result.maxFrameBytes = min(max(maxFrameBytes, Self.maxFrameFloor), Self.maxFrameCeiling)
        result.maxInFlight = max(maxInFlight, Self.maxInFlightFloor)
        result.streamCreditBytes = min(max(streamCreditBytes, Self.minItemCost), Self.streamCreditCeiling)
        result.outboundPauseBytes = max(outboundPauseBytes, 64 << 10)
        result.outboundCloseBytes = max(outboundCloseBytes, result.outboundPauseBytes)
        return result
    }
}
