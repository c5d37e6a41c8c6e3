internal import NIOCore

/// Gathers the frames of one batch, so that they leave in one write and one flush.
///
/// A class, because the channel may call its handler back from inside a write or a flush. The handler must write
/// nothing in such a call: it could fall between a header and its payload.
final class OutboundBuffer {
    /// Payloads above this are handed to the channel as they are; below it, copying is cheaper than another write.
    private static let copyLimitBytes = 16 << 10
    /// What is gathered before it is handed to the channel, though not yet flushed.
    private static let gatherLimitBytes = 256 << 10

    /// Where frame headers and small frames are written.
    var buffer = ByteBuffer()
    private var isUnflushed = false
    private var handedOverBytes = 0

    /// Adds a payload behind what is there.
    func append(_ payload: ByteBuffer, context: ChannelHandlerContext) {
        let count = payload.readableBytes
        if count <= Self.copyLimitBytes {
            if count != 0 { buffer.writeImmutableBuffer(payload) }
            if buffer.readableBytes > Self.gatherLimitBytes { handOver(context: context) }
        } else {
            handOver(context: context)
            write(payload, context: context)
        }
    }

    /// Sends everything. False when there was nothing.
    func flush(context: ChannelHandlerContext) -> Bool {
        if buffer.readableBytes > 0 { write(buffer, context: context) }
        guard isUnflushed else { return false }
        isUnflushed = false
        context.flush()
        // After a full write the channel holds no reference any more, and the storage is used again.
        if buffer.capacity > Self.gatherLimitBytes { buffer = ByteBuffer() } else { buffer.clear() }
        return true
    }

    /// The bytes that the channel was given since this was last asked.
    func takeHandedOverBytes() -> Int {
        defer { handedOverBytes = 0 }
        return handedOverBytes
    }

    private func handOver(context: ChannelHandlerContext) {
        guard buffer.readableBytes > 0 else { return }
        write(buffer, context: context)
        buffer = ByteBuffer()
    }

    private func write(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        handedOverBytes += bytes.readableBytes
        context.write(NIOAny(bytes), promise: nil)
        isUnflushed = true
    }
}
