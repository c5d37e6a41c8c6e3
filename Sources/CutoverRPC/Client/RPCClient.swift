public import Logging
public import NIOCore
internal import CutoverWire

/// A client of one server: keeps a connection, makes a new one when it is lost, and sends calls over it.
///
/// A call is sent again only when the server did not run it, or when the connection was lost and the method is
/// idempotent; always within the call's own deadline and `maxAttempts`. Cancelling the task that waits cancels the
/// call at the server.
public final class RPCClient: Sendable {
    private let connector: ClientConnector

    /// Connects with the first call, not before.
    public init(configuration: RPCClientConfiguration, logger: Logger) {
        connector = ClientConnector(configuration: configuration, logger: logger)
    }

    /// Sends one message and waits for the answer. Throws ``RPCError`` only.
    public func unary(
        _ method: RPCMethod, _ payload: ByteBuffer, options: CallOptions
    ) async throws -> ByteBuffer {
        let timeoutMs = options.timeoutMs ?? connector.configuration.defaultTimeoutMs
        let deadline = timeoutMs == 0 ? nil : NIODeadline.now() + .milliseconds(Int64(timeoutMs))
        var attempt = 1
        while true {
            let call = ClientCall(method: method, payload: payload, metadata: options.metadata, deadline: deadline)
            do {
                return try await attemptOnce(call)
            } catch let error as RPCError {
                try await connector.waitForRetry(after: error, attempt: attempt, method: method, deadline: deadline)
                attempt += 1
            }
        }
    }

    private func attemptOnce(_ call: ClientCall) async throws -> ByteBuffer {
        let connector = connector
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                call.wait(continuation)
                connector.submit(call)
            }
        } onCancel: {
            call.cancel(.user)
        }
    }

    /// The messages of a server stream. The call is made by the first `next()`, once for each iterator; leaving the
    /// loop cancels it.
    public func serverStream(
        _ method: RPCMethod, _ payload: ByteBuffer, options: CallOptions
    ) -> RPCItemSequence {
        RPCItemSequence(connector: connector, method: method, payload: payload, options: options)
    }

    /// Takes no more calls, waits up to `grace` for those in flight, and closes.
    public func shutdown(grace: Duration) async {
        let links = connector.shutDown()
        let graceMs = grace.clampedMs
        for link in links where !link.mailbox.post(.drain(graceMs: graceMs)) {
            link.channel.close(promise: nil)
        }
        for link in links { try? await link.channel.closeFuture.get() }
    }
}

extension ClientConnector {
    /// Waits before another attempt, or throws `error` when there must be none.
    func waitForRetry(
        after error: RPCError, attempt: Int, method: RPCMethod, deadline: NIODeadline?
    ) async throws(RPCError) {
        guard let waitMs = retryPolicy.waitMs(after: error, attempt: attempt, method: method) else { throw error }
        if let deadline, NIODeadline.now() + .milliseconds(Int64(waitMs)) >= deadline { throw error }
        do {
            try await Task.sleep(for: .milliseconds(waitMs))
        } catch {
            throw ClientCall.error(for: .user)
        }
    }
}
