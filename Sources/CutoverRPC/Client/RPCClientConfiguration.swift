public import CutoverWire
public import NIOCore
public import Tracing

/// What a client may be told.
public struct RPCClientConfiguration: Sendable {
    /// How many connections an endpoint may have.
    public static let maxConnectionsPerEndpoint = 64

    /// Where the servers of one service listen: any of them may get any call. One that cannot be reached is left out until it can.
    public var endpoints: [RPCEndpoint]
    /// How many connections to keep to each endpoint, 1 to 64. More than one is opened only while the others are busy.
    public var connectionsPerEndpoint = 1
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
    /// Makes a span for each unary call, and writes the trace into its metadata; nil takes the tracer that the process has
    /// installed in `InstrumentationSystem`, if any.
    public var tracer: (any Tracer)?
    /// The event loops to run on; nil takes the shared ones.
    public var eventLoopGroup: (any EventLoopGroup)?

    public init(endpoint: RPCEndpoint) {
        endpoints = [endpoint]
    }

    public init(endpoints: [RPCEndpoint]) {
        self.endpoints = endpoints
    }
}
