public import CutoverWire
public import NIOCore

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
    /// Judges the credentials of a new connection. nil accepts every connection, without an identity.
    ///
    /// Runs on the event loop and so must not block. What it throws refuses the connection.
    public var authenticate: (@Sendable (RPCAuthenticationRequest) throws -> String?)?
    /// The event loops to run on; nil takes the shared ones.
    public var eventLoopGroup: (any EventLoopGroup)?

    public init(endpoint: RPCEndpoint) {
        self.endpoint = endpoint
    }
}

/// What is known of a client before any call of it is read.
public struct RPCAuthenticationRequest: Sendable {
    /// HELLO key 5, or nil when the client sent none. Must not be logged.
    public let credentials: [UInt8]?
    /// Where the client is: `host:port`, or `unix`.
    public let remoteAddress: String
}

/// Why a server did not start.
public struct RPCServerError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The address is not loopback and plaintext there was not allowed.
        case plaintextRefused
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
