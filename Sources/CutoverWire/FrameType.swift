/// The kinds of frame, with their numbers on the wire (PROTOCOL.md, "Frame types").
public enum FrameType: UInt8, Sendable, Hashable, CaseIterable {
    case hello = 0x01
    case request = 0x02
    case response = 0x03
    case item = 0x04
    case credit = 0x05
    case cancel = 0x06
    case ping = 0x07
    case pong = 0x08
    case goAway = 0x09
    case drained = 0x0A

    /// The bit that marks a type as an extension a peer may skip without understanding it.
    public static let extensionBit: UInt8 = 0x80

    /// Whether a peer in `role` may send this type.
    @inlinable
    public func isSent(by role: WireRole) -> Bool {
        switch self {
        case .hello, .ping, .pong: true
        case .request, .credit, .cancel, .drained: role == .client
        case .response, .item, .goAway: role == .server
        }
    }
}

/// The two ends of a connection: the client opened it.
public enum WireRole: Sendable, Hashable {
    case client
    case server

    /// The other end.
    @inlinable
    public var peer: WireRole { self == .client ? .server : .client }
}

/// The flag bits of a REQUEST; every other bit is reserved and 0.
public enum RequestFlags {
    /// The call is a server stream.
    public static let stream: UInt8 = 0x01
    /// The caller may send the call again without harm.
    public static let idempotent: UInt8 = 0x02
    /// All bits that are defined.
    public static let defined: UInt8 = 0x03
}

/// The flag bits of a RESPONSE; every other bit is reserved and 0.
public enum ResponseFlags {
    /// Nothing of the call was run: it may be sent again, to any server.
    public static let notExecuted: UInt8 = 0x01
    /// All bits that are defined.
    public static let defined: UInt8 = 0x01
}

/// Why a client cancels a call: the aux field of CANCEL.
public enum CancelReason: UInt32, Sendable, Hashable, CaseIterable {
    /// The caller no longer wants the answer.
    case user = 1
    /// The caller's own deadline timer ran out.
    case deadline = 2
    /// Another attempt of the same call answered first.
    case hedgeLost = 3
}
