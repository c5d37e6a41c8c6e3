import CutoverProto
import CutoverTasks
import Foundation

/// Messages as the store keeps them: protobuf bytes.
enum MessageCodec {
    static func encode(_ message: some ProtoMessage) -> Data {
        Data(message.protoBytes())
    }

    static func decode<Message: ProtoMessage>(_ type: Message.Type, _ bytes: Data) throws -> Message {
        do {
            return try bytes.withUnsafeBytes { try Message(protoBytes: $0) }
        } catch {
            throw TaskStoreError(.corrupt, "a stored \(Message.self) cannot be decoded; restore a backup")
        }
    }
}
