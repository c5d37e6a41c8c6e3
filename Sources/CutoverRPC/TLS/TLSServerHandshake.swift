internal import NIOCore
internal import NIOTLS

/// Sits behind the TLS handler until the handshake has agreed on our protocol; then it leaves the pipeline.
///
/// Whatever a client sends that did not agree on it is dropped: the protocol must not be spoken to one that took the
/// server for another.
final class TLSServerHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let edge: TLSServerEdge

    init(edge: TLSServerEdge) {
        self.edge = edge
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? TLSUserEvent else { return context.fireUserInboundEventTriggered(event) }
        guard case .handshakeCompleted(let negotiated) = event else { return }
        guard negotiated == TLSProtocol.name else { return context.close(promise: nil) }
        context.pipeline.syncOperations.removeHandler(edge, promise: nil)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Only reached without the right protocol: with it, this handler has left.
    }
}
