public import CutoverWire
public import NIOCore

/// What a handler knows about the call it serves, beside the payload.
public struct CallContext: Sendable {
    public let method: RPCMethod
    /// When the caller stops waiting; nil when it did not say. The handler's task is cancelled then.
    public let deadline: NIODeadline?
    /// What the caller sent beside the payload.
    public let metadata: Metadata
    /// Where the caller is: `host:port`, or `unix`.
    public let remoteAddress: String
    /// Who the caller is, as the server's authenticator said; nil for a caller nobody asked.
    public let identity: String?
    /// What the caller may do. That the method itself may be called was checked before its handler began.
    public let permissions: RPCPermissions

    public init(
        method: RPCMethod, deadline: NIODeadline?, metadata: Metadata, remoteAddress: String, identity: String?,
        permissions: RPCPermissions = .none
    ) {
        self.method = method
        self.deadline = deadline
        self.metadata = metadata
        self.remoteAddress = remoteAddress
        self.identity = identity
        self.permissions = permissions
    }
}
