internal import NIOCore

/// Keeps credentials from a network where everybody on the way could read them: what comes after it begins, and sends, only
/// when the server is on this machine.
final class PlaintextCredentialsGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private static let refusal = RPCError(
        .invalidArgument, "the token would be readable on the network; connect with TLS, or allow tokens in plaintext",
        reason: RPCError.Reason.tlsUnusable, isNotExecuted: true, retryAfterMs: RPCError.neverRetry)

    private let outcome: EventLoopPromise<Void>

    /// - Parameter outcome: told whether the connection may be used.
    init(outcome: EventLoopPromise<Void>) {
        self.outcome = outcome
    }

    func channelActive(context: ChannelHandlerContext) {
        guard context.remoteAddress?.staysOnThisMachine != false else {
            outcome.fail(Self.refusal)
            return context.close(promise: nil)
        }
        context.fireChannelActive()
        outcome.succeed()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Only reached when the connection was not used: what comes after it never began.
        outcome.fail(ChannelError.ioOnClosedChannel)
    }
}
