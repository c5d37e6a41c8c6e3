internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Sits behind the TLS handler of a client: what comes after it begins, and sends, only once the server has been verified
/// and has agreed on our protocol. Failures become errors that say what to do.
final class TLSClientHandshake: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Stage {
        case handshaking
        /// The handshake is over; the server has said nothing yet, and may still refuse this client's certificate.
        case silent
        /// The server has spoken, or ended the connection.
        case open
        case failed
    }

    private let outcome: EventLoopPromise<Void>
    private let deadline: TimeAmount
    private let serverName: String?
    private var timer: Scheduled<Void>?
    private var stage = Stage.handshaking

    /// - Parameter serverName: the name that the certificate must have; nil where the TLS library has compared the address.
    init(outcome: EventLoopPromise<Void>, deadline: TimeAmount, serverName: String?) {
        self.outcome = outcome
        self.serverName = serverName
        self.deadline = deadline
    }

    func channelActive(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: deadline) {
            self.fail(TLSFailure.late, context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent else { return context.fireUserInboundEventTriggered(event) }
        guard case .handshakeCompleted(let negotiated) = event, stage == .handshaking else { return }
        guard negotiated == TLSProtocol.name else { return fail(TLSFailure.otherProtocol, context: context) }
        guard isMeant(context) else { return fail(TLSFailure.otherName, context: context) }
        timer?.cancel()
        stage = .silent
        context.fireChannelActive()
        outcome.succeed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard stage == .silent || stage == .open else { return }
        stage = .open
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch stage {
        case .handshaking: fail(TLSFailure.inHandshake(error), context: context)
        case .silent:
            stage = .open
            context.fireErrorCaught(TLSFailure.beforeHello(error))
        case .open: context.fireErrorCaught(error)
        case .failed: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch stage {
        case .handshaking: fail(TLSFailure.ended, context: context)
        case .silent:
            context.fireErrorCaught(TLSFailure.beforeHello(nil))
            context.fireChannelInactive()
        case .open: context.fireChannelInactive()
        case .failed: break
        }
    }

    private func isMeant(_ context: ChannelHandlerContext) -> Bool {
        guard let serverName else { return true }
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        return handler?.peerCertificate.map { ServerName.matches(serverName, $0) } ?? false
    }

    private func fail(_ error: RPCError, context: ChannelHandlerContext) {
        guard stage == .handshaking else { return }
        stage = .failed
        timer?.cancel()
        outcome.fail(error)
        context.close(promise: nil)
    }
}
