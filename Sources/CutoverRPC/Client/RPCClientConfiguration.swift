public import CutoverWire
public import NIOCore

/// What a client may be told.
public struct RPCClientConfiguration: Sendable {
    /// Where the server listens.
    public var endpoint: RPCEndpoint
    /// The limits of the connection.
    public var limits = WireLimits()
    /// How long a call waits when its options do not say, in milliseconds; 0 is for ever. Streams have no default.
    public var defaultTimeoutMs: UInt32 = 30_000
    /// How long one attempt to connect may take, in milliseconds.
    public var connectTimeoutMs: UInt32 = 5_000
    /// The first wait between attempts to connect or to call, in milliseconds. It doubles, with jitter.
    public var backoffBaseMs: UInt32 = 50
    /// The longest such wait, in milliseconds.
    public var backoffMaxMs: UInt32 = 5_000
    /// How often a call is sent at most.
    public var maxAttempts = 5
    /// How many calls may wait for a connection or a free slot.
    public var maxQueuedCalls = 16_384
    /// What the client calls itself in HELLO.
    public var agent = "cutover-client"
    /// HELLO key 5: what the server's authenticator is given, such as a bearer token. Never logged.
    public var credentials: [UInt8]?
    /// Send ``credentials`` in plaintext to another machine too. Everybody on the way can then use them.
    public var sendsCredentialsInPlaintext = false
    /// How to speak TLS; nil speaks plaintext.
    public var tls: RPCClientTLS?
    /// The event loops to run on; nil takes the shared ones.
    public var eventLoopGroup: (any EventLoopGroup)?

    public init(endpoint: RPCEndpoint) {
        self.endpoint = endpoint
    }
}
