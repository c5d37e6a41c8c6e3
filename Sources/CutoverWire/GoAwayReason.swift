/// Why a server ends a connection: the aux field of GOAWAY (PROTOCOL.md, "GOAWAY reasons").
///
/// A struct rather than an enum, because a client must accept a number it does not know.
public struct GoAwayReason: RawRepresentable, Sendable, Hashable {
    public var rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The server drains: calls in flight are answered, new ones belong on another connection.
    public static let drain = GoAwayReason(rawValue: 0)
    /// A frame broke the rules of the protocol.
    public static let protocolError = GoAwayReason(rawValue: 1)
    /// A length was over its limit.
    public static let frameSize = GoAwayReason(rawValue: 2)
    /// The major version is not served.
    public static let version = GoAwayReason(rawValue: 3)
    /// Something that must be understood is not.
    public static let unsupported = GoAwayReason(rawValue: 4)
    /// Credit of 0, or more than can be counted.
    public static let flowControl = GoAwayReason(rawValue: 5)
    /// Too many faulty calls or pings in a short time.
    public static let tooManyFaults = GoAwayReason(rawValue: 6)
    /// The peer was too slow: at set-up, within a frame, or in reading.
    public static let timeout = GoAwayReason(rawValue: 7)
    /// Nothing was asked for a long time.
    public static let idle = GoAwayReason(rawValue: 8)
    /// The credentials in HELLO were refused.
    public static let unauthenticated = GoAwayReason(rawValue: 9)
    /// The server holds as many connections as it may.
    public static let overloaded = GoAwayReason(rawValue: 10)
    /// The connection reached its greatest age; handled as `drain`.
    public static let maximumAge = GoAwayReason(rawValue: 11)

    /// The credentials were accepted once and hold no longer. Calls in flight are cancelled; they may have run.
    public static let revoked = GoAwayReason(rawValue: 12)

    /// Whether the connection ends in order: each REQUEST still gets its RESPONSE.
    @inlinable
    public var isDrain: Bool { self == .drain || self == .idle || self == .maximumAge }

    /// Whether the server refused the connection at set-up, so that no REQUEST on it was run.
    @inlinable
    public var isRefusal: Bool { self == .version || self == .unauthenticated || self == .overloaded }
}
