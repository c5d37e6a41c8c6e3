import CutoverModel
import CutoverProto
import CutoverRPC
import NIOCore

/// A call that the runner asks for: `ID NAME NUMBER IDEMPOTENT TIMEOUT_MS PAYLOAD [KEY=VALUE...] [hold]`.
struct AdapterCall: Sendable {
    let id: String
    let method: RPCMethod
    let payload: ByteBuffer
    let options: CallOptions
    /// Messages are read one by one, as the runner says.
    let isHeld: Bool

    init?(words: [String], kind: RPCMethod.Kind) {
        guard words.count >= 6, let number = UInt32(words[2]), let timeoutMs = UInt32(words[4]) else { return nil }
        id = words[0]
        method = RPCMethod(name: words[1], id: number, kind: kind, isIdempotent: words[3] == "1")
        payload = EchoRequest(payload: AdapterWord.bytes(words[5])).withProtoBytes { ByteBuffer(bytes: $0) }
        var options = CallOptions()
        options.timeoutMs = timeoutMs
        for entry in words.dropFirst(6) where entry.contains("=") {
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, (try? options.metadata.append(parts[0], AdapterWord.bytes(parts[1]))) != nil else {
                return nil
            }
        }
        self.options = options
        isHeld = words.contains("hold")
    }

    /// The bytes of an answer or a message. Throws what the typed client throws when they are none.
    static func content(_ buffer: ByteBuffer) throws(RPCError) -> [UInt8] {
        do {
            return try EchoResponse(protoBytes: Array(buffer.readableBytesView)).payload
        } catch {
            throw RPCError(.internal, "the answer does not unpack", reason: RPCError.Reason.malformedPayload)
        }
    }

    /// The line that tells how the call ended.
    func end(_ result: Result<[UInt8], RPCError>) -> String {
        switch result {
        case .success(let payload): return "end \(id) 0 0 0 - - 0 \(AdapterWord.hex(payload))"
        case .failure(let error):
            let texts = "\(AdapterWord.hex(Array(error.reason.utf8))) \(AdapterWord.hex(Array(error.message.utf8)))"
            return "end \(id) \(error.status.rawValue) \(error.retryAfterMs ?? 0) \(error.isNotExecuted ? 1 : 0) "
                + "\(texts) \(error.details.count) -"
        }
    }
}
