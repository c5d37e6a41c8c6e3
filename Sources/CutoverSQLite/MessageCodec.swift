import CutoverProto
import CutoverTasks
import Foundation

/// Messages as the store keeps them: protobuf bytes.
enum MessageCodec {
    /// Bytes of one message; far above what the limits of the protocol let through.
    private static let limitBytes = 64 << 20

    /// - Throws: `.failed` for a message that is too large to keep.
    static func encode<Message: ProtoMessage>(_ message: Message) throws -> Data {
        let bytes = message.protoBytes()
        guard bytes.count <= limitBytes else {
            throw TaskStoreError(.failed, "a \(Message.self) of \(bytes.count) bytes: the limit is \(limitBytes)")
        }
        return Data(bytes)
    }

    static func decode<Message: ProtoMessage>(_ type: Message.Type, _ bytes: Data) throws -> Message {
        do {
            return try bytes.withUnsafeBytes { try Message(protoBytes: $0) }
        } catch {
            throw TaskStoreError(.corrupt, "a stored \(Message.self) cannot be decoded; restore a backup")
        }
    }
}
