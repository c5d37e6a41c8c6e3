internal import CutoverWire
internal import NIOCore

/// Sits between the network and the TLS handler during the handshake; then it leaves the pipeline.
///
/// It tells a client that does not offer our protocol so, by the alert no_application_protocol (RFC 7301), which the TLS
/// library would not send. And it closes gently: the alert that says why a handshake failed would be lost by a reset if
/// the connection were closed while the client's bytes are unread.
final class TLSServerEdge: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A fatal alert, in a record of its own: no_application_protocol.
    private static let noApplicationProtocol: [UInt8] = [0x15, 3, 3, 0, 2, 2, 120]

    private var hello: ByteBuffer? = ByteBuffer()
    private var isClosing = false
    private var droppedBytes = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if isClosing {
            droppedBytes += bytes.readableBytes
            if droppedBytes > WireLimits.lingerBytes { context.close(promise: nil) }
            return
        }
        guard var gathered = hello else { return context.fireChannelRead(data) }
        gathered.writeBuffer(&bytes)
        switch ClientHello.offers(TLSProtocol.name, in: gathered) {
        case .needMoreBytes: hello = gathered
        case .offered, .notHello:
            hello = nil
            context.fireChannelRead(wrapInboundOut(gathered))
        case .notOffered:
            hello = nil
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Self.noApplicationProtocol)), promise: nil)
            linger(context)
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all else { return context.close(mode: mode, promise: promise) }
        if let promise { context.channel.closeFuture.cascade(to: promise) }
        linger(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isClosing, let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Half-closes, drops a little of what the client still sends, and closes.
    private func linger(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(WireLimits.lingerMs))) {
            context.close(promise: nil)
        }
    }
}
