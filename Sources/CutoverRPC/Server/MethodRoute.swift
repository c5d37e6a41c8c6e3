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
}

/// What all connections of a server share.
final class ServerCore: Sendable {
    let configuration: RPCServerConfiguration
    let limits: WireLimits
    let logger: Logger
    let instanceID: [UInt8]
    let connections = ConnectionRegistry()
    /// The certificates, where TLS is spoken.
    let tls: TLSServerContext?
    private let routes: [UInt32: MethodRoute]
    private let live = Atomic<Int>(0)

    init(configuration: RPCServerConfiguration, router: RPCRouter, logger: Logger, tls: TLSServerContext?) {
        self.configuration = configuration
        self.logger = logger
        self.tls = tls
        limits = configuration.limits.clamped()
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
