import CutoverProto
import CutoverRPC
import NIOCore

extension ByteBuffer {
    /// The encoded message.
    init(encoding message: some ProtoMessage) {
        self = message.withProtoBytes { bytes in
            var buffer = ByteBufferAllocator().buffer(capacity: bytes.count)
            buffer.writeBytes(bytes)
            return buffer
        }
    }

    /// Reads the payload of a request. What is wrong with it is the caller's fault.
    ///
    /// Throws ``RPCError``: RESOURCE_EXHAUSTED with UNPACK_BUDGET when it would take too much memory, else
    /// INVALID_ARGUMENT with MALFORMED_PAYLOAD.
    func decodeRequest<Message: ProtoMessage>(as _: Message.Type) throws(RPCError) -> Message {
        do throws(ProtoError) {
            return try decoded()
        } catch .budgetExceeded {
            throw RPCError(
                .resourceExhausted, "the request needs more memory than its size allows",
                reason: RPCError.Reason.unpackBudget)
        } catch {
            throw RPCError(
                .invalidArgument, "the request is not a valid \(Message.messageName): \(error)",
                reason: RPCError.Reason.malformedPayload)
        }
    }

    /// Reads the payload of an answer. What is wrong with it is the server's fault.
    ///
    /// Throws ``RPCError``: INTERNAL with MALFORMED_PAYLOAD.
    func decodeResponse<Message: ProtoMessage>(as _: Message.Type) throws(RPCError) -> Message {
        do throws(ProtoError) {
            return try decoded()
        } catch {
            throw RPCError(
                .internal, "the server's answer is not a valid \(Message.messageName): \(error)",
                reason: RPCError.Reason.malformedPayload)
        }
    }

    private func decoded<Message: ProtoMessage>() throws(ProtoError) -> Message {
        let view = readableBytesView
        let result = view.withContiguousStorageIfAvailable { bytes in
            Result { () throws(ProtoError) -> Message in try Message(protoBytes: UnsafeRawBufferPointer(bytes)) }
        }
        guard let result else { return try Message(protoBytes: Array(view)) }
        return try result.get()
    }
}
