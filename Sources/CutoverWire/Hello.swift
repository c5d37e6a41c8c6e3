/// The settings of one side, sent once in its HELLO (PROTOCOL.md, "HELLO").
///
/// nil means that the key was absent.
public struct Hello: Sendable, Hashable {
    /// Key 1: the greatest frame body this side accepts, in bytes; at least 65,536.
    public var maxFrameBytes: UInt32?
    /// Key 2: calls in flight on the connection; at least 16. The smaller of both sides' holds.
    public var maxInFlight: UInt16?
    /// Key 3: the credit a stream starts with, in bytes. Informative.
    public var streamCreditBytes: UInt32?
    /// Key 4: optional features as bits. None are defined yet.
    public var features: UInt64?
    /// Key 5: the client's credentials.
    public var credentials: [UInt8]?
    /// Key 6: the name and version of the peer's software; at most 64 bytes.
    public var agent: String?
    /// Key 7: the least time between two PINGs that this side tolerates, in milliseconds.
    public var minPingMs: UInt32?
    /// Key 8: how long this side lets a connection be without a call, in milliseconds.
    public var idleMs: UInt32?
    /// Key 9: which run of which server this is; 16 bytes.
    public var instanceID: [UInt8]?
    /// Key 10: a hash of the schema this side was built from. Informative.
    public var schemaHash: UInt64?
    /// Key 11: the lowest and highest major version this side serves.
    public var majorVersions: ClosedRange<UInt8>?

    public init() {}

    /// The numbers of the settings.
    enum Key: UInt16 {
        case maxFrame = 1
        case maxInFlight = 2
        case streamCredit = 3
        case features = 4
        case credentials = 5
        case agent = 6
        case minPing = 7
        case idle = 8
        case instanceID = 9
        case schemaHash = 10
        case majorVersions = 11
    }

    /// The bit of a key that makes it a must: a peer that does not know the key refuses the connection.
    static let mustUnderstandBit: UInt16 = 0x8000
}
