internal import CutoverModel
internal import CutoverWire
internal import NIOCore

/// The bytes of `cutover.v1.ErrorInfo` {message = 1, reason = 2, details = 3 {key = 1, value = 2}}, the payload of a
/// RESPONSE whose status is not OK.
enum RPCErrorCoding {
    private static let maxMessageBytes = 1_024
    private static let maxDetails = 32

    /// Encodes what of `error` is payload; texts over their limits are cut.
    static func encode(_ error: RPCError) -> ByteBuffer {
        var buffer = ByteBuffer()
        write(field: 1, error.message, to: &buffer)
        write(field: 2, error.reason, to: &buffer)
        for detail in error.details.prefix(maxDetails) {
            var nested = ByteBuffer()
            write(field: 1, detail.key, to: &nested)
            write(field: 2, detail.value, to: &nested)
            buffer.writeInteger(UInt8(3 << 3 | 2))
            writeVarint(nested.readableBytes, to: &buffer)
            buffer.writeBuffer(&nested)
        }
        return buffer
    }

    /// Decodes the payload of a failed call. Bytes that are no ErrorInfo leave the status without a message.
    static func decode(_ payload: ByteBuffer, header: FrameHeader) -> RPCError {
        let hint = header.retryAfterMs
        var error = RPCError(
            header.status, "", isNotExecuted: header.flags & ResponseFlags.notExecuted != 0,
            retryAfterMs: hint == 0 ? nil : hint)
        forEachField(of: payload) { number, value in
            switch number {
            case 1: error.message = String(buffer: value)
            case 2: error.reason = String(buffer: value)
            case 3 where error.details.count < maxDetails:
                var detail = RPCErrorDetail()
                forEachField(of: value) { number, value in
                    if number == 1 { detail.key = String(buffer: value) }
                    if number == 2 { detail.value = String(buffer: value) }
                }
                error.details.append(detail)
            default: break
            }
        }
        return error
    }

    private static func write(field: UInt8, _ text: String, to buffer: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        var cut = text.prefix(maxMessageBytes)
        while cut.utf8.count > maxMessageBytes { cut.removeLast() }
        buffer.writeInteger(field << 3 | 2)
        writeVarint(cut.utf8.count, to: &buffer)
        buffer.writeSubstring(cut)
    }

    private static func writeVarint(_ value: Int, to buffer: inout ByteBuffer) {
        var rest = UInt64(UInt(max(0, value)))
        while rest >= 0x80 {
            buffer.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        buffer.writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    /// Visits the length-delimited fields in order; ends at the first byte that does not fit.
    private static func forEachField(of message: ByteBuffer, _ body: (UInt64, ByteBuffer) -> Void) {
        var rest = message
        while rest.readableBytes > 0 {
            guard let key = readVarint(&rest) else { return }
            switch key & 7 {
            case 0: guard readVarint(&rest) != nil else { return }
            case 1: guard rest.readSlice(length: 8) != nil else { return }
            case 2:
                guard let count = readVarint(&rest), let length = Int(exactly: count),
                    let value = rest.readSlice(length: length)
                else { return }
                body(key >> 3, value)
            case 5: guard rest.readSlice(length: 4) != nil else { return }
            default: return
            }
        }
    }

    private static func readVarint(_ buffer: inout ByteBuffer) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = buffer.readInteger(as: UInt8.self) else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }
}
