public import Logging
public import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// Serves `GET /metrics` and `GET /healthz` over HTTP/1.1, and nothing else.
///
/// One request a connection: scrapes are rare, and a connection that is closed after its answer needs no further limits.
public final class MetricsListener: Sendable {
    /// What a client may take up.
    public struct Limits: Sendable {
        /// Connections at one time; a further one is answered 503 and closed.
        public var maxConnections = 32
        /// Bytes of a request, all its headers included; more are answered 431.
        public var maxRequestBytes = 8 << 10
        /// From the first packet to the end of the answer. A request that is not complete by then is answered 408.
        public var requestDeadlineMs: Int64 = 5_000

        public init() {}
    }

    /// What is served.
    public struct Content: Sendable {
        /// The text of `/metrics`.
        public var metrics: @Sendable () async -> String
        /// Whether `/healthz` says 200 or 503.
        public var isHealthy: @Sendable () -> Bool

        public init(metrics: @escaping @Sendable () async -> String, isHealthy: @escaping @Sendable () -> Bool) {
            self.metrics = metrics
            self.isHealthy = isHealthy
        }
    }

    /// The port it listens on.
    public let port: Int
    private let channel: any Channel
    private let connections: Connections

    private init(channel: any Channel, port: Int, connections: Connections) {
        self.channel = channel
        self.port = port
        self.connections = connections
    }

    /// Starts to listen.
    /// - Throws: what the system says when the address cannot be used.
    public static func start(
        address: SocketAddress, limits: Limits = Limits(), content: Content, logger: Logger
    ) async throws -> MetricsListener {
        let connections = Connections(limit: limits.maxConnections)
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(RequestAllowance(remainingBytes: limits.maxRequestBytes))
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: false)
                    try pipeline.addHandler(
                        MetricsConnection(
                            content: content, connections: connections, deadlineMs: limits.requestDeadlineMs,
                            logger: logger))
                }
            }
        let channel = try await bootstrap.bind(to: address).get()
        return MetricsListener(channel: channel, port: channel.localAddress?.port ?? 0, connections: connections)
    }

    /// Stops listening and closes every connection, whatever it waits for.
    public func shutdown() async {
        try? await channel.close().get()
        for connection in connections.shutDown() { try? await connection.close().get() }
    }

    /// The open connections.
    final class Connections: Sendable {
        /// Whether a new connection is served.
        enum Admission: Sendable {
            case accepted
            /// There are too many: tell it so.
            case refused
            /// There are far too many, or the listener has ended: close it.
            case closed
        }

        private let open = Mutex<[ObjectIdentifier: any Channel]?>([:])
        private let limit: Int

        init(limit: Int) { self.limit = limit }

        /// Up to as many as are served are told that they are not.
        func add(_ channel: any Channel) -> Admission {
            open.withLock { open in
                guard let count = open?.count, count < 2 * limit else { return .closed }
                open?[ObjectIdentifier(channel)] = channel
                return count < limit ? .accepted : .refused
            }
        }

        func remove(_ channel: any Channel) {
            open.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(channel)) }
        }

        /// Takes no further connection, and returns those there are.
        func shutDown() -> [any Channel] {
            open.withLock { open in
                defer { open = nil }
                return open.map { Array($0.values) } ?? []
            }
        }
    }
}
