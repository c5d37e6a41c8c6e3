public import CutoverWire
public import NIOCore
public import Tracing

/// What a server may be told before it starts.
public struct RPCServerConfiguration: Sendable {
    /// Where to listen.
    public var endpoint: RPCEndpoint
    /// Serve plaintext on an address other than loopback. Everything on the wire is then readable on the network.
    public var allowPlaintextAnywhere = false
    /// The limits of each connection.
    public var limits = WireLimits()
    /// The most connections at once; a further one is refused with GOAWAY(overloaded).
    public var maxConnections = 4_096
    /// The most connections at once whose HELLO was not accepted yet; a further one takes the place of the oldest of these.
    public var maxConnectionsInSetUp = 1_024
    /// The most handlers running at once over all connections.
    public var maxLiveHandlers = 8_192
    /// The most handlers running at once of each method that ``maxLiveHandlersByMethod`` does not name.
    public var maxLiveHandlersPerMethod = 4_096
    /// The most handlers running at once by method name.
    public var maxLiveHandlersByMethod: [String: Int] = [:]
    /// What a caller refused by one of these caps is told to wait, in milliseconds.
    public var overloadRetryAfterMs: UInt32 = 100
    /// How long a connection lives before it is drained, in milliseconds; up to a tenth more at random. 0 is for ever.
    public var maxConnectionAgeMs: UInt32 = 0
    /// The grace that a drain of one connection is given, in milliseconds.
    public var connectionDrainGraceMs: UInt32 = 30_000
    /// What the server calls itself in HELLO.
    public var agent = "cutover"
    /// A hash of the schema the server was built from, for HELLO.
    public var schemaHash: UInt64?
    /// Decides who may connect. nil accepts every connection, without an identity, and allows it everything.
    public var authenticator: (any RPCAuthenticator)?
    /// Serve callers whom nobody asks who they are on an address other than loopback.
    public var allowAnonymousAnywhere = false
    /// Certificates to speak TLS 1.3 with, from the first byte; nil serves plaintext.
    public var tls: RPCServerTLS?
    /// Is given the server's counters to show.
    public var monitor: RPCServerMonitor?
    /// Is told how each call ended.
    public var callObserver: (any RPCCallObserver)?
    /// Makes a span for each call that is not answered inline; nil takes the tracer that the process has installed in
    /// `InstrumentationSystem`, if any.
    public var tracer: (any Tracer)?
    /// The event loops to run on; nil takes the shared ones.
    public var eventLoopGroup: (any EventLoopGroup)?

    public init(endpoint: RPCEndpoint) {
        self.endpoint = endpoint
    }
}

/// Why a server did not start.
public struct RPCServerError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The address is not loopback and plaintext there was not allowed.
        case plaintextRefused
        /// The address is not loopback and serving anonymous callers there was not allowed.
        case anonymousRefused
        /// The certificates could not be used.
        case tlsUnusable
        /// The address could not be used.
        case addressUnusable
    }

    public let code: Code
    public let message: String
    public let cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
