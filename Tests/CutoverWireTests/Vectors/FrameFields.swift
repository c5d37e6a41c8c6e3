import CutoverWire
import NIOCore
import TestVectors

/// A decoded frame in the words of `proto/vectors/README.md`.
enum FrameFields {
    /// The fields of a frame; the violation of a REQUEST whose prefix is wrong is not looked for.
    static func make(_ header: FrameHeader, body: ByteBuffer) throws -> JSONValue {
        var body = body
        var fields: [String: JSONValue] = [:]
        switch header.type {
        case .hello: fields = ["type": "HELLO", "settings": hex(body)]
        case .request: fields = try request(header, &body)
        case .response:
            fields = [
                "type": "RESPONSE", "slot": int(header.id), "status": int(header.status.rawValue),
                "retry_after_ms": int(header.retryAfterMs),
                "not_executed": .bool(header.flags & ResponseFlags.notExecuted != 0),
                "metadata": entries(lenient(header, &body)), "payload": hex(body),
            ]
        case .item:
            fields = [
                "type": "ITEM", "slot": int(header.id), "metadata": entries(lenient(header, &body)),
                "payload": hex(body),
            ]
        case .credit: fields = ["type": "CREDIT", "slot": int(header.id), "bytes": int(header.aux)]
        case .cancel: fields = ["type": "CANCEL", "slot": int(header.id), "reason": int(header.aux)]
        case .ping: fields = ["type": "PING", "opaque": hex(body)]
        case .pong: fields = ["type": "PONG", "opaque": hex(body)]
        case .goAway:
            let graceMs = body.readInteger(as: UInt32.self) ?? 0
            fields = [
                "type": "GOAWAY", "reason": int(header.aux), "grace_ms": int(graceMs),
                "text": .string(String(buffer: body)),
            ]
        case .drained: fields = ["type": "DRAINED"]
        case nil: break
        }
        return .object(fields)
    }

    static func entries(_ metadata: Metadata) -> JSONValue {
        .array(metadata.entries.map { .array([.string($0.key), .string(HexNotation.text($0.value))]) })
    }

    private static func request(_ header: FrameHeader, _ body: inout ByteBuffer) throws -> [String: JSONValue] {
        guard
            let prefix = RequestPrefix(reading: &body),
            let block = body.readSlice(length: Int(header.metadataLength))
        else { return [:] }
        return [
            "type": "REQUEST", "slot": int(header.id),
            "method": .string(HexNotation.text(withUnsafeBytes(of: header.aux.bigEndian, Array.init))),
            "stream": .bool(header.flags & RequestFlags.stream != 0),
            "idempotent": .bool(header.flags & RequestFlags.idempotent != 0), "timeout_ms": int(prefix.timeoutMs),
            "credit": int(prefix.creditBytes), "metadata": entries(try Metadata(decoding: block)),
            "payload": hex(body),
        ]
    }

    /// A client takes faulty metadata for none (rule META-5).
    private static func lenient(_ header: FrameHeader, _ body: inout ByteBuffer) -> Metadata {
        guard let block = body.readSlice(length: Int(header.metadataLength)) else { return Metadata() }
        return (try? Metadata(decoding: block)) ?? Metadata()
    }

    private static func hex(_ buffer: ByteBuffer) -> JSONValue { .string(HexNotation.text(buffer.readableBytesView)) }

    static func int(_ value: some BinaryInteger) -> JSONValue { .int(Int64(clamping: value)) }
}
