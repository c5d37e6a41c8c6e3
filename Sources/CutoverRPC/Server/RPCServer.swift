public import Logging
internal import CutoverWire
internal import NIOCore
internal import NIOPosix

/// A running server: listens, and serves the methods of its router.
public final class RPCServer: Sendable {
    /// Where it listens, with the real port: `127.0.0.1:4100` or `unix:/run/cutover.sock`.
    public let boundAddress: String
    /// The port it listens on; nil for a Unix socket.
    public let port: Int?
    private let channel: any Channel
    private let core: ServerCore
    private let certificateWatch: Task<Void, Never>?

    private init(channel: any Channel, boundAddress: String, core: ServerCore) {
        self.channel = channel
        self.boundAddress = boundAddress
        port = channel.localAddress?.port
        self.core = core
        certificateWatch = core.tls.map { tls in Task { await tls.watch() } }
    }

    deinit {
        certificateWatch?.cancel()
    }

    /// Starts to listen.
    /// - Throws: ``RPCServerError`` when the address or the certificates cannot be used, or when the address is not
    ///   loopback and has no TLS, or asks nobody who they are, and that was not allowed.
    public static func start(
        configuration: RPCServerConfiguration, router: RPCRouter, logger: Logger
    ) async throws -> RPCServer {
        let tls = try configuration.makeTLS(logger: logger)
        let core = ServerCore(configuration: configuration, router: router, logger: logger, tls: tls)
        configuration.monitor?.attach(core)
        let group = configuration.eventLoopGroup ?? .singletonMultiThreadedEventLoopGroup
        let limits = core.limits
        let mark = ChannelOptions.Types.WriteBufferWaterMark(
            low: limits.outboundPauseBytes / 2, high: limits.outboundPauseBytes)
        // A channel keeps one buffer of the size of its last reads; it grows with the first that fill it.
        let receiveAllocator = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 64 << 10)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: mark)
            .childChannelOption(.recvAllocator, value: receiveAllocator)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try core.tls?.addHandlers(to: channel)
                    let handler = ServerConnectionHandler(core: core, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            switch configuration.endpoint {
            case .unix(let path):
                let channel = try await bootstrap.bind(
                    unixDomainSocketPath: path, cleanupExistingSocketFile: true
                ).get()
                return RPCServer(channel: channel, boundAddress: configuration.endpoint.description, core: core)
            case .tcp(let host, let port):
                let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
                try configuration.requireProtection(at: address)
                let channel = try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(to: address).get()
                let bound = RPCEndpoint.tcp(host: address.ipAddress ?? host, port: channel.localAddress?.port ?? port)
                return RPCServer(channel: channel, boundAddress: bound.description, core: core)
            }
        } catch let error as RPCServerError {
            throw error
        } catch {
            throw RPCServerError(.addressUnusable, "cannot listen on \(configuration.endpoint)", cause: error)
        }
    }

    /// How many connections are open.
    public var connectionCount: Int { core.connections.count }

    /// Stops listening, drains every connection, and returns when all are closed.
    ///
    /// Calls in flight are answered within `grace`; what is left then is cancelled and answered UNAVAILABLE.
    public func shutdown(grace: Duration) async {
        certificateWatch?.cancel()
        try? await channel.close().get()
        let graceMs = grace.clampedMs
        let connections = core.connections.shutDown()
        for connection in connections where !connection.mailbox.post(.drain(graceMs: graceMs)) {
            connection.channel.close(promise: nil)
        }
        for connection in connections { try? await connection.channel.closeFuture.get() }
    }

    /// Looks at the files of the certificates now, rather than at the next interval. Blocks while it reads them.
    public func reloadCertificates() {
        core.tls?.reloadIfChanged()
    }
}
