internal import CutoverLocking
internal import CutoverWire
internal import NIOCore

/// Looks at the clocks of all connections of one event loop, from time to time.
///
/// One timer for all of them: a timer of each connection's own would be most of what an idle one costs, in memory and in time.
/// Lives on its event loop alone.
final class ConnectionTicker {
    private let eventLoop: any EventLoop
    private let interval: TimeAmount
    private var handlers: [ObjectIdentifier: ServerConnectionHandler] = [:]
    private var timer: Scheduled<Void>?

    init(eventLoop: any EventLoop, limits: WireLimits) {
        self.eventLoop = eventLoop
        interval = ConnectionTimes.tickInterval(for: limits)
    }

    /// Looks at the connection within an interval from now, and in each that follows, until it is removed.
    func add(_ handler: ServerConnectionHandler) {
        handlers[ObjectIdentifier(handler)] = handler
        if timer == nil { schedule() }
    }

    func remove(_ handler: ServerConnectionHandler) {
        handlers[ObjectIdentifier(handler)] = nil
        guard handlers.isEmpty else { return }
        timer?.cancel()
        timer = nil
    }

    private func schedule() {
        timer = eventLoop.assumeIsolated().scheduleTask(in: interval) { self.tick() }
    }

    private func tick() {
        let now = NIODeadline.now()
        // Who is looked at may end, and be removed.
        for handler in Array(handlers.values) { handler.tick(now: now) }
        timer = nil
        if !handlers.isEmpty { schedule() }
    }
}

/// The tickers of a server, one for each event loop that has connections.
final class ConnectionTickers: Sendable {
    private let limits: WireLimits
    private let tickers = Mutex<[ObjectIdentifier: NIOLoopBound<ConnectionTicker>]>([:])

    init(limits: WireLimits) {
        self.limits = limits
    }

    /// The ticker of an event loop, which must be the one that asks.
    func ticker(on eventLoop: any EventLoop) -> ConnectionTicker {
        tickers.withLock { tickers in
            let key = ObjectIdentifier(eventLoop)
            if let known = tickers[key] { return known }
            let ticker = NIOLoopBound(ConnectionTicker(eventLoop: eventLoop, limits: limits), eventLoop: eventLoop)
            tickers[key] = ticker
            return ticker
        }.value
    }
}
