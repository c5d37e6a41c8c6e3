internal import CutoverLocking
internal import CutoverWire
internal import Logging
internal import NIOCore
internal import NIOPosix

/// The connections of a client: gives each call to the one that has the least to do, makes new ones as they are needed, and holds
/// the calls that wait for one.
final class ClientPool: Sendable {
    typealias Attempt = ConnectionPlaces<ClientLink>.Attempt
    typealias Ending = ConnectionPlaces<ClientLink>.Ending

    /// A call that waits for a connection.
    private struct Waiting {
        let call: ClientCall
        /// How many attempts to connect may still fail before it does.
        var failuresLeft: Int
    }

    private struct State {
        var places: ConnectionPlaces<ClientLink>
        /// All connections, with those that take no more calls.
        var links: [ObjectIdentifier: ClientLink] = [:]
        var waiting: [Waiting] = []
        var attempts: [Attempt: Task<Void, Never>] = [:]
        var isShutDown = false
    }

    /// What to do with a call after a look at the state.
    private enum Step {
        case post(ClientLink)
        case wait
        case fail(RPCError)
    }

    let configuration: RPCClientConfiguration
    let limits: WireLimits
    let logger: Logger
    let retryPolicy: RetryPolicy
    let budget: RetryBudget
    let tracing: CallTracing
    private let group: any EventLoopGroup
    private let connectors: [ClientConnector]
    private let state: Mutex<State>

    init(configuration: RPCClientConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        tracing = CallTracing(configuration.tracer)
        let limits = configuration.limits.clamped()
        let group: any EventLoopGroup = configuration.eventLoopGroup ?? .singletonMultiThreadedEventLoopGroup
        self.limits = limits
        budget = RetryBudget(maxInFlight: limits.maxInFlight)
        self.group = group
        connectors = configuration.endpoints.map {
            ClientConnector(endpoint: $0, configuration: configuration, limits: limits, group: group)
        }
        retryPolicy = RetryPolicy(
            maxAttempts: configuration.maxAttempts, baseMs: configuration.backoffBaseMs,
            maxMs: configuration.backoffMaxMs)
        let most = RPCClientConfiguration.maxConnectionsPerEndpoint
        let placesEach = min(max(configuration.connectionsPerEndpoint, 1), most)
        state = Mutex(State(places: ConnectionPlaces(endpoints: connectors.count, placesEach: placesEach)))
    }

    /// Gives a call to a connection, or lets it wait for one.
    func submit(_ call: ClientCall) {
        while true {
            let (step, attempts) = state.withLock { state in
                let step = self.step(for: call, &state)
                var attempts: [Attempt] = []
                while !state.isShutDown, let attempt = state.places.nextAttempt() { attempts.append(attempt) }
                return (step, attempts)
            }
            for attempt in attempts { connect(attempt) }
            switch step {
            case .post(let link):
                guard call.attach(link) else { return }
                if link.post(call) { return }
                retire(link)
            case .wait:
                if let deadline = call.deadline {
                    group.any().scheduleTask(deadline: deadline) { call.cancel(.deadline) }
                }
                return
            case .fail(let error):
                call.finish(.failure(error))
                return
            }
        }
    }

    private func step(for call: ClientCall, _ state: inout State) -> Step {
        if state.isShutDown { return .fail(Self.shutDownError) }
        if let link = state.places.choose(avoiding: call.avoided) { return .post(link) }
        guard !connectors.isEmpty else { return .fail(Self.noEndpointError) }
        guard state.waiting.count < configuration.maxQueuedCalls else { return .fail(Self.queueFullError) }
        state.waiting.append(Waiting(call: call, failuresLeft: connectors.count))
        return .wait
    }

    static let shutDownError = RPCError(
        .unavailable, "the client is shut down", reason: RPCError.Reason.shuttingDown, isNotExecuted: true,
        retryAfterMs: RPCError.neverRetry)
    static let queueFullError = RPCError(
        .resourceExhausted, "too many calls wait in this client", reason: RPCError.Reason.overloaded,
        isNotExecuted: true, retryAfterMs: RPCError.neverRetry)
    private static let noEndpointError = RPCError(
        .invalidArgument, "the client has no endpoint; name one at least", isNotExecuted: true,
        retryAfterMs: RPCError.neverRetry)

    // MARK: - What becomes of connections

    /// A connection may be used. False when the client is shut down.
    func connected(_ link: ClientLink, by attempt: Attempt) -> Bool {
        let (isTaken, waiting) = state.withLock { state in
            state.attempts[attempt] = nil
            guard !state.isShutDown, state.places.connected(link, by: attempt) else { return (false, [Waiting]()) }
            state.links[ObjectIdentifier(link)] = link
            defer { state.waiting = [] }
            return (true, state.waiting)
        }
        for waiting in waiting { submit(waiting.call) }
        return isTaken
    }

    /// A connection has worked: the next attempt need not wait.
    func worked(_ link: ClientLink) {
        state.withLock { $0.places.worked(endpoint: link.endpoint) }
    }

    /// The server drains a connection.
    func drained(_ link: ClientLink, hasWorked: Bool) {
        state.withLock { $0.places.drained(link, endpoint: link.endpoint, hasWorked: hasWorked) }
    }

    /// A connection takes no more calls.
    func retire(_ link: ClientLink) {
        state.withLock { $0.places.retire(link) }
    }

    /// A connection is closed.
    func closed(_ link: ClientLink, _ ending: Ending) {
        state.withLock { state in
            state.links[ObjectIdentifier(link)] = nil
            state.places.closed(link, endpoint: link.endpoint, ending)
        }
    }

    /// Takes no more calls, fails those that wait, ends the attempts to connect, and returns the connections there are.
    func shutDown() -> [ClientLink] {
        let (links, waiting, attempts) = state.withLock { state in
            state.isShutDown = true
            defer {
                state.waiting = []
                state.attempts = [:]
            }
            return (Array(state.links.values), state.waiting, Array(state.attempts.values))
        }
        for attempt in attempts { attempt.cancel() }
        for waiting in waiting { waiting.call.finish(.failure(Self.shutDownError)) }
        return links
    }

    // MARK: - Connecting

    private func connect(_ attempt: Attempt) {
        let task = Task {
            do {
                if attempt.backoffStep > 0 {
                    try await Task.sleep(for: .milliseconds(retryPolicy.backoffMs(step: attempt.backoffStep)))
                }
                try await connectors[attempt.endpoint].open(for: self, attempt)
            } catch {
                failed(attempt, error)
            }
        }
        let isLate = state.withLock { state in
            guard !state.isShutDown else { return true }
            if state.places.isUnderWay(attempt) { state.attempts[attempt] = task }
            return false
        }
        if isLate { task.cancel() }
    }

    private func failed(_ attempt: Attempt, _ error: any Error) {
        let failed = state.withLock { state in
            state.attempts[attempt] = nil
            guard state.places.failed(attempt) else { return [Waiting]() }
            let isHopeless = !state.places.isConnecting
            for index in state.waiting.indices { state.waiting[index].failuresLeft -= 1 }
            let failed = state.waiting.filter { isHopeless || $0.failuresLeft <= 0 }
            state.waiting.removeAll { isHopeless || $0.failuresLeft <= 0 }
            return failed
        }
        let endpoint = configuration.endpoints[attempt.endpoint]
        logger.debug(
            "cannot connect", metadata: ["endpoint": "\(endpoint)", "error_type": "\(type(of: error))"])
        let failure =
            error as? RPCError
            ?? RPCError(
                .unavailable, "cannot connect to \(endpoint); is the server running?",
                reason: RPCError.Reason.connectFailed, isNotExecuted: true)
        for waiting in failed { waiting.call.finish(.failure(failure)) }
    }
}
