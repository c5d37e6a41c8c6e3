public import CutoverWire
internal import CutoverLocking

/// Live counters of a server, all from 0 when it starts.
public struct RPCServerStatistics: Sendable {
    /// What has become of the calls of one method.
    public struct Method: Sendable {
        public let method: RPCMethod
        /// Calls that were answered, by status; a status that was never given is not in it.
        public let answeredByStatus: [RPCStatus: UInt64]
        /// Of those, not executed.
        public let notExecuted: UInt64
        /// Calls whose connection ended before their answer.
        public let abandoned: UInt64
        /// Handlers that run now as tasks. 0 for methods that are answered on the event loop.
        public let live: Int
        /// How long the calls took whose handlers ran.
        public let latency: Latency

        /// Calls that were answered, in whatever way.
        public var answered: UInt64 { answeredByStatus.values.reduce(0, &+) }
        /// Of those, with a status other than OK.
        public var failed: UInt64 { answered &- (answeredByStatus[.ok] ?? 0) }
        /// Microseconds from the arrival of a call to its answer, in sum.
        public var elapsedUs: UInt64 { latency.sumUs }
    }

    /// Times from the arrival of a call to its answer, counted by range.
    public struct Latency: Sendable {
        /// The longest time that each bucket takes, in microseconds, ascending.
        public let boundsUs: [UInt64]
        /// Calls by bucket, not cumulative; one more than there are bounds.
        public let counts: [UInt64]
        /// All times added up, in microseconds.
        public let sumUs: UInt64
    }

    /// Connections that are open.
    public let connections: Int
    /// Connections ever taken, also those refused afterwards.
    public let connectionsAccepted: UInt64
    /// Connections refused because there were too many.
    public let connectionsRefused: UInt64
    /// Connections that were told to go, by reason; a reason that was never given is not in it.
    public let goAways: [GoAwayReason: UInt64]
    /// Calls of methods that are not served.
    public let unknownMethods: UInt64
    /// Bytes that came from clients, what TLS adds left out.
    public let receivedBytes: UInt64
    /// Bytes that were given to the network for clients, what TLS adds left out.
    public let sentBytes: UInt64
    /// By name.
    public let methods: [Method]
}

/// Reads a server's counters; made before the server is, so that a service of the server can show them.
public final class RPCServerMonitor: Sendable {
    /// The server holds the monitor in its configuration, so that the monitor must not hold the server.
    private struct Source {
        weak var core: ServerCore?
    }

    private let source = Mutex(Source())

    public init() {}

    /// The counters now; nil before the server has started and after it has ended.
    public var statistics: RPCServerStatistics? { source.withLock { $0.core }?.statistics }

    func attach(_ core: ServerCore) { source.withLock { $0.core = core } }
}
