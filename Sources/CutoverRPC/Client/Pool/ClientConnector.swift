internal import CutoverWire
internal import NIOCore
internal import NIOPosix

/// Opens connections to one endpoint.
final class ClientConnector: Sendable {
    private let endpoint: RPCEndpoint
    private let configuration: RPCClientConfiguration
    private let limits: WireLimits
    private let group: any EventLoopGroup
    private let tls: TLSClientContext?

    /// - Parameter limits: those of `configuration`, within their ceilings.
    init(
        endpoint: RPCEndpoint, configuration: RPCClientConfiguration, limits: WireLimits, group: any EventLoopGroup
    ) {
        self.endpoint = endpoint
        self.configuration = configuration
        self.limits = limits
        self.group = group
        tls = configuration.tls.map { TLSClientContext($0, endpoint: endpoint, limits: limits) }
    }

    /// Opens a connection, which tells the pool when it may be used: the server is verified then.
    func open(for pool: ClientPool, _ attempt: ClientPool.Attempt) async throws {
        let mark = ChannelOptions.Types.WriteBufferWaterMark(
            low: limits.outboundPauseBytes / 2, high: limits.outboundPauseBytes)
        let loop = group.any()
        let tls = try tls?.prepare()
        let secured = loop.makePromise(of: Void.self)
        let isExposed = configuration.credentials != nil && !configuration.sendsCredentialsInPlaintext && tls == nil
        if tls == nil, !isExposed { secured.succeed() }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(configuration.connectTimeoutMs)))
            .channelOption(.writeBufferWaterMark, value: mark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try tls?.addHandlers(to: channel, outcome: secured)
                    if isExposed {
                        try channel.pipeline.syncOperations.addHandler(PlaintextCredentialsGuard(outcome: secured))
                    }
                    let link = ClientLink(
                        endpoint: attempt.endpoint, channel: channel, mailbox: Mailbox(eventLoop: channel.eventLoop))
                    let handler = ClientConnectionHandler(pool: pool, link: link, attempt: attempt)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            switch endpoint {
            case .tcp(let host, let port):
                _ = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port).get()
            case .unix(let path): _ = try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
            try await secured.futureResult.get()
        } catch {
            // A promise must be settled; where TLS has done so already, this does nothing.
            secured.fail(error)
            throw error
        }
    }
}
