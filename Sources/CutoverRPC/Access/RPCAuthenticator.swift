/// Decides who may connect.
public protocol RPCAuthenticator: Sendable {
    /// Whether callers must say who they are. A server that asks nobody is not started beyond loopback unless forced.
    var isRequired: Bool { get }

    /// Judges what is known of a client before any call of it is read.
    ///
    /// Runs on the event loop and so must not block. Whatever it throws refuses the connection with GOAWAY(unauthenticated);
    /// the client is not told why.
    func authenticate(_ request: RPCAuthenticationRequest) throws -> RPCCaller
}

/// What is known of a client before any call of it is read.
public struct RPCAuthenticationRequest: Sendable {
    /// HELLO key 5, or nil when the client sent none. Must not be logged.
    public let credentials: [UInt8]?
    /// Whom the client's certificate names; nil without one. The TLS layer has verified it.
    public let certificate: RPCPeerCertificate?
    /// Where the client is: `host:port`, or `unix`.
    public let remoteAddress: String

    public init(credentials: [UInt8]?, certificate: RPCPeerCertificate? = nil, remoteAddress: String) {
        self.credentials = credentials
        self.certificate = certificate
        self.remoteAddress = remoteAddress
    }
}

/// What a verified client certificate says.
public struct RPCPeerCertificate: Sendable, Hashable {
    /// Its first URI among the subject's alternative names, else the first DNS name, else the subject's common name.
    public let identity: String
    /// When it ends, in milliseconds since 1970.
    public let expiresAtMs: Int64

    public init(identity: String, expiresAtMs: Int64) {
        self.identity = identity
        self.expiresAtMs = expiresAtMs
    }
}

/// Refuses a connection; the reason is the server's own.
public struct RPCAccessDenied: Error, Sendable {
    public init() {}
}
