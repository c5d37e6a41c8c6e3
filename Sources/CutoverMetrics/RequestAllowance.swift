internal import NIOCore

/// Lets so many bytes of a request through, and says when there were more; what follows is dropped.
///
/// It stands before the parser, so that no header is ever gathered beyond the limit.
final class RequestAllowance: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The request was larger than it may be.
    struct Exceeded: Error {}

    private var remainingBytes: Int

    init(remainingBytes: Int) {
        self.remainingBytes = remainingBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard remainingBytes >= 0 else { return }
        remainingBytes -= unwrapInboundIn(data).readableBytes
        if remainingBytes >= 0 {
            context.fireChannelRead(data)
        } else {
            context.fireErrorCaught(Exceeded())
        }
    }
}
