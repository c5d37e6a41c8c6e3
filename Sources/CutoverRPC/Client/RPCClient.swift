internal import CutoverWire
public import Logging
public import NIOCore

/// A client of one service, at one endpoint or several: keeps connections, makes new ones when they are lost, and sends each call
/// over the one that has the least to do.
///
/// A call is sent again only when the server did not run it, or when the connection was lost and the method is idempotent; always
/// within the call's own deadline, `maxAttempts` and the retry budget (PROTOCOL.md, "Retries"). Cancelling the task that waits
/// cancels the call at the server.
///
/// A call made by a handler of a server inherits the deadline and the trace of the call that is served.
public final class RPCClient: Sendable {
    let pool: ClientPool

    /// Connects with the first call, not before. A tracer of the process is taken note of here: install it before.
    public init(configuration: RPCClientConfiguration, logger: Logger) {
        pool = ClientPool(configuration: configuration, logger: logger)
    }

    /// Sends one message and waits for the answer. Throws ``RPCError`` only.
    public func unary(
        _ method: RPCMethod, _ payload: ByteBuffer, options: CallOptions
    ) async throws -> ByteBuffer {
        try await pool.tracing.withClientSpan(method) {
            try await self.send(method, payload, options)
        }
    }

    private func send(_ method: RPCMethod, _ payload: ByteBuffer, _ options: CallOptions) async throws -> ByteBuffer {
        let deadline = CallInheritance.deadline(timeoutMs: options.timeoutMs ?? pool.configuration.defaultTimeoutMs)
        let metadata = pool.tracing.outgoing(options.metadata)
        if let deadline, deadline <= .now() {
            var error = ClientCall.error(for: .deadline)
            error.isNotExecuted = true
            throw error
        }
        var hedgeAfterMs = method.hasNoSideEffects ? options.hedgeAfterMs : nil
        pool.budget.earn()
        var attempt = 1
        var lastLink: ClientLink?
        while true {
            let call = ClientCall(
                method: method, payload: payload, metadata: metadata, deadline: deadline, avoiding: lastLink)
            do {
                guard let afterMs = hedgeAfterMs.take() else { return try await pool.answer(to: call) }
                return try await pool.hedgedAnswer(to: call, afterMs: afterMs)
            } catch let error as RPCError {
                try await pool.waitForRetry(after: error, of: call, attempt: attempt)
                attempt += 1
                lastLink = call.link
            }
        }
    }

    /// The messages of a server stream. The call is made by the first `next()`, once for each iterator; leaving the
    /// loop cancels it.
    public func serverStream(
        _ method: RPCMethod, _ payload: ByteBuffer, options: CallOptions
    ) -> RPCItemSequence {
        RPCItemSequence(pool: pool, method: method, payload: payload, options: options)
    }

    /// Takes no more calls, waits up to `grace` for those in flight, and closes.
    public func shutdown(grace: Duration) async {
        let links = pool.shutDown()
        let graceMs = grace.clampedMs
        for link in links where !link.mailbox.post(.drain(graceMs: graceMs)) {
            link.channel.close(promise: nil)
        }
        for link in links { try? await link.channel.closeFuture.get() }
    }
}
