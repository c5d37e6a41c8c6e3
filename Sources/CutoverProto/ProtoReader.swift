import CProtobufC
import CutoverProtoRuntime

/// Copying the members of an unpacked C structure into Swift values.
enum ProtoReader {
    /// A string, checked to be UTF-8. A NUL within it is kept.
    static func string(
        _ data: ProtobufCBinaryData, _ field: StaticString
    ) throws(ProtoError) -> String {
        if data.len == 0 { return "" }
        let bytes = UnsafeBufferPointer(start: UnsafePointer(data.data), count: data.len)
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw .invalidUTF8(field: field.description)
        }
        return string
    }

    static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        if data.len == 0 { return [] }
        return [UInt8](UnsafeBufferPointer(start: UnsafePointer(data.data), count: data.len))
    }

    static func strings(
        _ count: Int, _ items: UnsafeMutablePointer<ProtobufCBinaryData>?, _ field: StaticString
    ) throws(ProtoError) -> [String] {
        guard count > 0, let items else { return [] }
        var result: [String] = []
        result.reserveCapacity(count)
        for index in 0..<count { result.append(try string(items[index], field)) }
        return result
    }

    static func byteStrings(
        _ count: Int, _ items: UnsafeMutablePointer<ProtobufCBinaryData>?
    ) -> [[UInt8]] {
        guard count > 0, let items else { return [] }
        return (0..<count).map { bytes(items[$0]) }
    }

    static func scalars<Value, CValue>(
        _ count: Int, _ items: UnsafeMutablePointer<CValue>?, _ convert: (CValue) -> Value
    ) -> [Value] {
        guard count > 0, let items else { return [] }
        return (0..<count).map { convert(items[$0]) }
    }

    static func message<Message: ProtobufCBacked>(
        _ message: UnsafeMutablePointer<Message.CMessage>?
    ) throws(ProtoError) -> Message? {
        guard let message else { return nil }
        return try Message(copying: UnsafePointer(message))
    }

    static func messages<Message: ProtobufCBacked>(
        _ count: Int, _ items: UnsafeMutablePointer<UnsafeMutablePointer<Message.CMessage>?>?
    ) throws(ProtoError) -> [Message] {
        guard count > 0, let items else { return [] }
        var result: [Message] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            guard let item = items[index] else { throw .malformed }
            result.append(try Message(copying: UnsafePointer(item)))
        }
        return result
    }
}
