public import CutoverWire
public import NIOCore

/// What a handler knows about the call it serves, beside the payload.
public struct CallContext: Sendable {
    /// What all calls of a connection have in common: kept once for all of them, since a call's context is copied often.
    final class Peer: Sendable {
        let remoteAddress: String
        let identity: String?
        let permissions: RPCPermissions

        init(remoteAddress: String, identity: String?, permissions: RPCPermissions) {
            self.remoteAddress = remoteAddress
            self.identity = identity
            self.permissions = permissions
        }
    }

    public let method: RPCMethod
    /// When the caller stops waiting; nil when it did not say. The handler's task is cancelled then.
    public let deadline: NIODeadline?
    /// What the caller sent beside the payload.
    public let metadata: Metadata
    private let peer: Peer

    /// Where the caller is: `host:port`, or `unix`.
    public var remoteAddress: String { peer.remoteAddress }
    /// Who the caller is, as the server's authenticator said; nil for a caller nobody asked.
    public var identity: String? { peer.identity }
    /// What the caller may do. That the method itself may be called was checked before its handler began.
    public var permissions: RPCPermissions { peer.permissions }

    public init(
        method: RPCMethod, deadline: NIODeadline?, metadata: Metadata, remoteAddress: String, identity: String?,
        permissions: RPCPermissions = .none
    ) {
        self.init(
            method: method, deadline: deadline, metadata: metadata,
            peer: Peer(remoteAddress: remoteAddress, identity: identity, permissions: permissions))
    }

    init(method: RPCMethod, deadline: NIODeadline?, metadata: Metadata, peer: Peer) {
        self.method = method
        self.deadline = deadline
        self.metadata = metadata
        self.peer = peer
    }
}
