internal import CutoverWire
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import CutoverLocking

/// Keeps one connection that takes calls, makes a new one when it is gone, and holds the calls that wait for it.
final class ClientConnector: Sendable {
    /// A connection, as other threads see it.
    struct Link: Sendable {
        let channel: any Channel
        let mailbox: Mailbox<ClientEvent>
    }

    private struct State {
        var current: Link?
        var links: [ObjectIdentifier: Link] = [:]
        var waiting: [ClientCall] = []
        var isConnecting = false
        var isShutDown = false
        var failures = 0
    }

    /// What to do with a call after a look at the state.
    private enum Step {
        case post(Link)
        case wait(mustConnect: Bool)
        case fail(RPCError)
    }

    let configuration: RPCClientConfiguration
    let limits: WireLimits
    let logger: Logger
    let retryPolicy: RetryPolicy
    private let group: any EventLoopGroup
    private let tls: TLSClientContext?
    private let state = Mutex(State())

    init(configuration: RPCClientConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        limits = configuration.limits.clamped()
        tls = configuration.tls.map {
            TLSClientContext($0, endpoint: configuration.endpoint, limits: configuration.limits.clamped())
        }
        group = configuration.eventLoopGroup ?? .singletonMultiThreadedEventLoopGroup
        retryPolicy = RetryPolicy(
            maxAttempts: configuration.maxAttempts, baseMs: configuration.backoffBaseMs,
            maxMs: configuration.backoffMaxMs)
    }

    /// Gives a call to the connection, or lets it wait for one.
    func submit(_ call: ClientCall) {
        while true {
            switch state.withLock({ step(for: call, &$0) }) {
            case .post(let link):
                guard call.attach(link.mailbox) else { return }
                if link.mailbox.post(.call(call)) { return }
                retire(link.mailbox)
            case .wait(let mustConnect):
                if let deadline = call.deadline {
                    group.any().scheduleTask(deadline: deadline) { call.cancel(.deadline) }
                }
                if mustConnect { connect() }
                return
            case .fail(let error):
                call.finish(.failure(error))
                return
            }
        }
    }

    private func step(for call: ClientCall, _ state: inout State) -> Step {
        if state.isShutDown { return .fail(Self.shutDownError) }
        if let current = state.current { return .post(current) }
        guard state.waiting.count < configuration.maxQueuedCalls else { return .fail(Self.queueFullError) }
        state.waiting.append(call)
        defer { state.isConnecting = true }
        return .wait(mustConnect: !state.isConnecting)
    }

    static let shutDownError = RPCError(
        .unavailable, "the client is shut down", reason: RPCError.Reason.shuttingDown, isNotExecuted: true,
        retryAfterMs: RPCError.neverRetry)
    static let queueFullError = RPCError(
        .resourceExhausted, "too many calls wait in this client", reason: RPCError.Reason.overloaded,
        isNotExecuted: true, retryAfterMs: RPCError.neverRetry)

    /// A connection takes no more calls.
    func retire(_ mailbox: Mailbox<ClientEvent>) {
        state.withLock { state in
            if state.current?.mailbox === mailbox { state.current = nil }
        }
    }

    /// A connection was set up: the next attempt need not wait.
    func established() {
        state.withLock { $0.failures = 0 }
    }

    /// A connection is closed.
    func closed(_ mailbox: Mailbox<ClientEvent>, channel: any Channel, wasEstablished: Bool) {
        state.withLock { state in
            if state.current?.mailbox === mailbox { state.current = nil }
            _ = state.links.removeValue(forKey: ObjectIdentifier(channel))
            if !wasEstablished { state.failures = min(state.failures + 1, 30) }
        }
    }

    /// Takes no more calls, fails those that wait, and returns the connections there are.
    func shutDown() -> [Link] {
        let (links, waiting) = state.withLock { state in
            state.isShutDown = true
            state.current = nil
            defer { state.waiting = [] }
            return (Array(state.links.values), state.waiting)
        }
        for call in waiting { call.finish(.failure(Self.shutDownError)) }
        return links
    }

    // MARK: - Connecting

    private func connect() {
        let failures = state.withLock { $0.failures }
        Task {
            if failures > 0 {
                try? await Task.sleep(for: .milliseconds(retryPolicy.backoffMs(step: failures)))
            }
            do {
                connected(try await openLink())
            } catch {
                connectFailed(error)
            }
        }
    }

    private func openLink() async throws -> Link {
        let mark = ChannelOptions.Types.WriteBufferWaterMark(
            low: limits.outboundPauseBytes / 2, high: limits.outboundPauseBytes)
        let loop = group.any()
        let mailbox = Mailbox<ClientEvent>(eventLoop: loop)
        let tls = try tls?.prepare()
        let secured = loop.makePromise(of: Void.self)
        let isExposed = configuration.credentials != nil && !configuration.sendsCredentialsInPlaintext && tls == nil
        if tls == nil, !isExposed { secured.succeed() }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(configuration.connectTimeoutMs)))
            .channelOption(.writeBufferWaterMark, value: mark)
            .channelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let self else { throw ChannelError.ioOnClosedChannel }
                    try tls?.addHandlers(to: channel, outcome: secured)
                    if isExposed {
                        try channel.pipeline.syncOperations.addHandler(PlaintextCredentialsGuard(outcome: secured))
                    }
                    let handler = ClientConnectionHandler(connector: self, mailbox: mailbox)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            let channel: any Channel
            switch configuration.endpoint {
            case .tcp(let host, let port):
                channel = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port).get()
            case .unix(let path): channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
            try await secured.futureResult.get()
            return Link(channel: channel, mailbox: mailbox)
        } catch {
            // A promise must be settled; where TLS has done so already, this does nothing.
            secured.fail(error)
            throw error
        }
    }

    private func connected(_ link: Link) {
        let (waiting, isShutDown) = state.withLock { state in
            state.isConnecting = false
            guard !state.isShutDown else { return ([ClientCall](), true) }
            state.current = link
            state.links[ObjectIdentifier(link.channel)] = link
            defer { state.waiting = [] }
            return (state.waiting, false)
        }
        if isShutDown { link.channel.close(promise: nil) }
        // A connection that closed before it was noted here is taken out again.
        link.channel.closeFuture.whenComplete { [weak self] _ in
            self?.closed(link.mailbox, channel: link.channel, wasEstablished: true)
        }
        for call in waiting { submit(call) }
    }

    private func connectFailed(_ error: any Error) {
        let waiting = state.withLock { state in
            state.isConnecting = false
            state.failures = min(state.failures + 1, 30)
            defer { state.waiting = [] }
            return state.waiting
        }
        logger.debug(
            "cannot connect",
            metadata: ["endpoint": "\(configuration.endpoint)", "error_type": "\(type(of: error))"])
        let failure =
            error as? RPCError
            ?? RPCError(
                .unavailable, "cannot connect to \(configuration.endpoint); is the server running?",
                reason: RPCError.Reason.connectFailed, isNotExecuted: true)
        for call in waiting { call.finish(.failure(failure)) }
    }
}
