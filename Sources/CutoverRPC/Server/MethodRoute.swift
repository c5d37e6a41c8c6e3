internal import CutoverWire
internal import Logging
internal import NIOCore
internal import Synchronization

/// One registered method while the server runs: its handler, and how many of its calls are live.
final class MethodRoute: Sendable {
    let method: RPCMethod
    let handler: RPCRouter.Handler
    private let maxLive: Int
    private let live = Atomic<Int>(0)
    /// Answers by status.
    private let answered: InlineArray<17, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }
    private let notExecuted = Atomic<UInt64>(0)
    private let abandoned = Atomic<UInt64>(0)
    private let latency = CallLatency()

    init(method: RPCMethod, handler: RPCRouter.Handler, maxLive: Int) {
        self.method = method
        self.handler = handler
        self.maxLive = maxLive
    }

    /// Counts one more live call. False when there are too many.
    func enter() -> Bool {
        guard live.wrappingAdd(1, ordering: .relaxed).newValue <= maxLive else {
            leave()
            return false
        }
        return true
    }

    /// Counts one live call less.
    func leave() {
        live.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Counts an answer.
    /// - Parameter elapsed: how long its call took; nil for one that no handler has seen.
    func count(_ result: Result<ByteBuffer, RPCError>, elapsed: TimeAmount?) {
        var status = RPCStatus.ok
        if case .failure(let error) = result {
            status = error.status
            if error.isNotExecuted { notExecuted.wrappingAdd(1, ordering: .relaxed) }
        }
        answered[Int(status.rawValue)].wrappingAdd(1, ordering: .relaxed)
        if let elapsed { latency.count(UInt64(max(0, elapsed.nanoseconds / 1_000))) }
    }

    /// Counts a call whose connection ended before its answer.
    func countAbandoned() { abandoned.wrappingAdd(1, ordering: .relaxed) }

    /// The counters now. They are read one after the other, so that a call may be in one and not yet in the next.
    var statistics: RPCServerStatistics.Method {
        var byStatus: [RPCStatus: UInt64] = [:]
        for status in RPCStatus.allCases {
            let count = answered[Int(status.rawValue)].load(ordering: .relaxed)
            if count != 0 { byStatus[status] = count }
        }
        return RPCServerStatistics.Method(
            method: method, answeredByStatus: byStatus, notExecuted: notExecuted.load(ordering: .relaxed),
            abandoned: abandoned.load(ordering: .relaxed), live: max(0, live.load(ordering: .relaxed)),
            latency: latency.statistics)
    }
}

/// What all connections of a server share.
final class ServerCore: Sendable {
    let configuration: RPCServerConfiguration
    let limits: WireLimits
    let logger: Logger
    let instanceID: [UInt8]
    let connections = ConnectionRegistry()
    let tickers: ConnectionTickers
    let tracing: CallTracing
    /// The certificates, where TLS is spoken.
    let tls: TLSServerContext?
    private let routes: [UInt32: MethodRoute]
    private let live = Atomic<Int>(0)
    private let unknownMethods = Atomic<UInt64>(0)
    private let receivedBytes = Atomic<UInt64>(0)
    private let sentBytes = Atomic<UInt64>(0)
    /// Connections told to go by reason; the last is for reasons that have no number here.
    private let goAways: InlineArray<14, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }
    /// Whether the observer of calls, if there is one, wants to know of those that succeeded.
    let observesSuccess: Bool

    init(configuration: RPCServerConfiguration, router: RPCRouter, logger: Logger, tls: TLSServerContext?) {
        self.configuration = configuration
        self.logger = logger
        self.tls = tls
        observesSuccess = configuration.callObserver?.observesSuccess ?? false
        tracing = CallTracing(configuration.tracer)
        limits = configuration.limits.clamped()
        tickers = ConnectionTickers(limits: limits)
        instanceID = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        var routes: [UInt32: MethodRoute] = [:]
        for (method, handler) in router.entries {
            let maxLive =
                configuration.maxLiveHandlersByMethod[method.name] ?? configuration.maxLiveHandlersPerMethod
            routes[method.id] = MethodRoute(method: method, handler: handler, maxLive: maxLive)
        }
        self.routes = routes
    }

    func route(of methodID: UInt32) -> MethodRoute? {
        routes[methodID]
    }

    /// Counts one more handler of `route`. False when the server or the method runs too many.
    func admit(_ route: MethodRoute) -> Bool {
        guard live.wrappingAdd(1, ordering: .relaxed).newValue <= configuration.maxLiveHandlers else {
            live.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        guard route.enter() else {
            live.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Counts one handler of `route` less.
    func release(_ route: MethodRoute) {
        route.leave()
        live.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Counts a call of a method that is not served.
    func countUnknownMethod() { unknownMethods.wrappingAdd(1, ordering: .relaxed) }

    /// Counts bytes that came from a client.
    func count(receivedBytes bytes: Int) { receivedBytes.wrappingAdd(UInt64(bytes), ordering: .relaxed) }

    /// Counts bytes that a channel was given for its client.
    func count(sentBytes bytes: Int) { sentBytes.wrappingAdd(UInt64(bytes), ordering: .relaxed) }

    /// Counts a connection that is told to go.
    func countGoAway(_ reason: GoAwayReason) {
        goAways[min(Int(reason.rawValue), goAways.count - 1)].wrappingAdd(1, ordering: .relaxed)
    }

    /// The counters now.
    var statistics: RPCServerStatistics {
        let counts = connections.counts
        var goAways: [GoAwayReason: UInt64] = [:]
        for index in self.goAways.indices {
            let count = self.goAways[index].load(ordering: .relaxed)
            if count != 0 { goAways[GoAwayReason(rawValue: UInt32(index))] = count }
        }
        return RPCServerStatistics(
            connections: counts.open, connectionsAccepted: counts.accepted, connectionsRefused: counts.refused,
            goAways: goAways, unknownMethods: unknownMethods.load(ordering: .relaxed),
            receivedBytes: receivedBytes.load(ordering: .relaxed), sentBytes: sentBytes.load(ordering: .relaxed),
            methods: routes.values.map(\.statistics).sorted { $0.method.name < $1.method.name })
    }

    /// What the caller is shown of an error that a handler threw: an ``RPCError`` as it is, anything else as INTERNAL
    /// without a word of its text, which could hold a secret.
    func failure(from error: any Error, method: RPCMethod) -> RPCError {
        switch error {
        case let error as RPCError: return error
        case is CancellationError: return RPCError(.cancelled, "the call was cancelled")
        default:
            logger.error(
                "handler failed", metadata: ["method": "\(method.name)", "error_type": "\(type(of: error))"])
            return RPCError(.internal, "the server failed to carry out the call; its log says more")
        }
    }

    /// HELLO as this server says it.
    var hello: Hello {
        var hello = Hello()
        hello.maxFrameBytes = limits.maxFrameBytes
        hello.maxInFlight = limits.maxInFlight
        hello.streamCreditBytes = limits.streamCreditBytes
        hello.agent = configuration.agent
        hello.minPingMs = limits.minPingMs
        hello.idleMs = limits.idleMs
        hello.instanceID = instanceID
        hello.schemaHash = configuration.schemaHash
        hello.majorVersions = Preface.major...Preface.major
        return hello
    }
}
