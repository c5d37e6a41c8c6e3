/// Who calls over a connection, what they may do, and how long that holds.
public struct RPCCaller: Sendable {
    /// The name that handlers and logs see; nil for a caller nobody asked.
    public let identity: String?
    public let permissions: RPCPermissions
    /// Asked about once a second while the connection is open: false ends it with GOAWAY(revoked).
    ///
    /// Runs on the event loop and so must not block.
    public let isStillValid: (@Sendable () -> Bool)?

    public init(
        identity: String?, permissions: RPCPermissions, isStillValid: (@Sendable () -> Bool)? = nil
    ) {
        self.identity = identity
        self.permissions = permissions
        self.isStillValid = isStillValid
    }

    /// The caller on a server that asks nobody who they are: anonymous, and allowed everything.
    public static let anonymous = RPCCaller(identity: nil, permissions: .all)
    /// Nobody yet: what a connection has before its HELLO was accepted.
    static let nobody = RPCCaller(identity: nil, permissions: .none)
}
