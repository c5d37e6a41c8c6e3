import CProtobufC
import CutoverProtoRuntime

/// Writing Swift values into C structures: what they point to comes from the arena.
extension ProtoArena {
    /// A structure with default values.
    func make<Message: ProtobufCBacked>(
        _: Message.Type
    ) -> UnsafeMutablePointer<Message.CMessage> {
        let message = array(of: Message.CMessage.self, count: 1)
        Message.initialize(message)
        return message
    }

    func message<Message: ProtobufCBacked>(
        _ value: Message?
    ) -> UnsafeMutablePointer<Message.CMessage>? {
        guard let value else { return nil }
        let message = make(Message.self)
        value.fill(message, in: self)
        return message
    }

    func messages<Message: ProtobufCBacked>(
        _ values: [Message]
    ) -> UnsafeMutablePointer<UnsafeMutablePointer<Message.CMessage>?>? {
        if values.isEmpty { return nil }
        let result = array(of: UnsafeMutablePointer<Message.CMessage>?.self, count: values.count)
        for (index, value) in values.enumerated() {
            (result + index).initialize(to: message(value))
        }
        return result
    }

    func scalars<Value, CValue>(
        _ values: [Value], _ convert: (Value) -> CValue
    ) -> UnsafeMutablePointer<CValue>? {
        if values.isEmpty { return nil }
        let result = array(of: CValue.self, count: values.count)
        for (index, value) in values.enumerated() {
            (result + index).initialize(to: convert(value))
        }
        return result
    }

    func strings(_ values: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        if values.isEmpty { return nil }
        let result = array(of: ProtobufCBinaryData.self, count: values.count)
        for (index, value) in values.enumerated() {
            (result + index).initialize(to: string(value))
        }
        return result
    }

    func byteStrings(_ values: [[UInt8]]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
        if values.isEmpty { return nil }
        let result = array(of: ProtobufCBinaryData.self, count: values.count)
        for (index, value) in values.enumerated() {
            (result + index).initialize(to: bytes(value))
        }
        return result
    }

    func string(_ value: String) -> ProtobufCBinaryData {
        if value.isEmpty { return ProtobufCBinaryData() }
        var value = value
        let count = value.utf8.count
        let memory = take(count)
        value.withUTF8 { UnsafeMutableRawBufferPointer(start: memory, count: count).copyBytes(from: $0) }
        return ProtobufCBinaryData(len: count, data: memory.bindMemory(to: UInt8.self, capacity: count))
    }

    func bytes(_ value: [UInt8]) -> ProtobufCBinaryData {
        if value.isEmpty { return ProtobufCBinaryData() }
        let memory = take(value.count)
        UnsafeMutableRawBufferPointer(start: memory, count: value.count).copyBytes(from: value)
        return ProtobufCBinaryData(
            len: value.count, data: memory.bindMemory(to: UInt8.self, capacity: value.count))
    }
}
