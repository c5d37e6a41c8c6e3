public import NIOCore

/// Writes whole frames, or the part of a frame before its payload, into a buffer.
///
/// Every function keeps to the rules of ``FrameHeader/violation(from:maxFrameBytes:)``; lengths must already have been
/// held against the peer's `max_frame`.
public enum FrameWriter {
    /// The head of a REQUEST: header, timeout, credit and metadata. `payloadBytes` of payload must follow.
    @inlinable
    public static func writeRequestHead(
        to buffer: inout ByteBuffer, slot: UInt32, methodID: UInt32, flags: UInt8, timeoutMs: UInt32,
        creditBytes: UInt32, metadata: Metadata, payloadBytes: Int
    ) {
        let metadataBytes = metadata.encodedBytes
        let length = UInt32(clamping: WireLimits.requestPrefixBytes &+ metadataBytes &+ payloadBytes)
        FrameHeader(
            length: length, type: .request, flags: flags, metadataLength: UInt16(clamping: metadataBytes), id: slot,
            aux: methodID
        ).write(to: &buffer)
        buffer.writeMultipleIntegers(timeoutMs, creditBytes)
        if metadataBytes != 0 { metadata.write(to: &buffer) }
    }

    /// The header of a RESPONSE. `payloadBytes` of payload must follow.
    @inlinable
    public static func writeResponseHead(
        to buffer: inout ByteBuffer, slot: UInt32, status: RPCStatus, notExecuted: Bool = false,
        retryAfterMs: UInt32 = 0, payloadBytes: Int
    ) {
        FrameHeader(
            length: UInt32(clamping: payloadBytes), type: .response,
            flags: notExecuted ? ResponseFlags.notExecuted : 0, id: slot,
            aux: min(retryAfterMs, WireLimits.neverRetry) << 8 | UInt32(status.rawValue)
        ).write(to: &buffer)
    }

    /// The header of an ITEM. `payloadBytes` of payload must follow.
    @inlinable
    public static func writeItemHead(to buffer: inout ByteBuffer, slot: UInt32, payloadBytes: Int) {
        FrameHeader(length: UInt32(clamping: payloadBytes), type: .item, id: slot).write(to: &buffer)
    }

    public static func writeCredit(to buffer: inout ByteBuffer, slot: UInt32, bytes: UInt32) {
        FrameHeader(length: 0, type: .credit, id: slot, aux: bytes).write(to: &buffer)
    }

    public static func writeCancel(to buffer: inout ByteBuffer, slot: UInt32, reason: CancelReason) {
        FrameHeader(length: 0, type: .cancel, id: slot, aux: reason.rawValue).write(to: &buffer)
    }

    public static func writePing(to buffer: inout ByteBuffer, opaque: UInt64) {
        FrameHeader(length: 8, type: .ping).write(to: &buffer)
        buffer.writeInteger(opaque)
    }

    public static func writePong(to buffer: inout ByteBuffer, opaque: UInt64) {
        FrameHeader(length: 8, type: .pong).write(to: &buffer)
        buffer.writeInteger(opaque)
    }

    /// A GOAWAY; `text` is cut at 256 bytes.
    public static func writeGoAway(
        to buffer: inout ByteBuffer, reason: GoAwayReason, graceMs: UInt32, text: String
    ) {
        let bytes = text.utf8.prefix(WireLimits.maxGoAwayTextBytes)
        FrameHeader(length: 4 + UInt32(clamping: bytes.count), type: .goAway, aux: reason.rawValue).write(to: &buffer)
        buffer.writeInteger(graceMs)
        buffer.writeBytes(bytes)
    }

    public static func writeDrained(to buffer: inout ByteBuffer) {
        FrameHeader(length: 0, type: .drained).write(to: &buffer)
    }
}
