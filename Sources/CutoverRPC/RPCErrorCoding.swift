internal import CutoverModel
internal import CutoverProto
internal import CutoverWire
internal import NIOCore

/// The payload of a RESPONSE whose status is not OK: `cutover.v1.ErrorInfo`.
enum RPCErrorCoding {
    private static let maxTextBytes = 1_024
    private static let maxDetails = 32

    /// Encodes what of `error` is payload; texts over their limits are cut.
    static func encode(_ error: RPCError) -> ByteBuffer {
        var info = ErrorInfo(message: cut(error.message), reason: cut(error.reason))
        info.details = error.details.prefix(maxDetails).map { ErrorDetail(key: cut($0.key), value: cut($0.value)) }
        return info.withProtoBytes { ByteBuffer(bytes: $0) }
    }

    /// Decodes the payload of a failed call; texts over their limits are cut. Bytes that are no ErrorInfo leave the status
    /// without a message.
    static func decode(_ payload: ByteBuffer, header: FrameHeader) -> RPCError {
        let info = payload.withUnsafeReadableBytes { try? ErrorInfo(protoBytes: $0) } ?? ErrorInfo()
        return RPCError(
            header.status, cut(info.message), reason: cut(info.reason),
            details: info.details.prefix(maxDetails).map { ErrorDetail(key: cut($0.key), value: cut($0.value)) },
            isNotExecuted: header.flags & ResponseFlags.notExecuted != 0,
            retryAfterMs: header.retryAfterMs == 0 ? nil : header.retryAfterMs)
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maxTextBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: maxTextBytes)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }
}
