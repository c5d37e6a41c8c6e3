internal import CutoverLocking

/// Live counters of a server, all from 0 when it starts.
public struct RPCServerStatistics: Sendable {
    /// What has become of the calls of one method.
    public struct Method: Sendable {
        public let method: RPCMethod
        /// Calls that were answered, in whatever way.
        public let answered: UInt64
        /// Of those, with a status other than OK.
        public let failed: UInt64
        /// Of those, not executed.
        public let notExecuted: UInt64
        /// Handlers that run now. 0 for methods that are answered on the event loop.
        public let live: Int
        /// Microseconds from the arrival of a call to its answer, in sum; 0 for methods that are answered on the event loop.
        public let elapsedUs: UInt64
    }

    /// Connections that are open.
    public let connections: Int
    /// Connections ever taken, also those refused afterwards.
    public let connectionsAccepted: UInt64
    /// Connections refused because there were too many.
    public let connectionsRefused: UInt64
    /// Calls of methods that are not served.
    public let unknownMethods: UInt64
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
