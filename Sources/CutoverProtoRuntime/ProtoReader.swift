package import CProtobufC

/// Copying the members of an unpacked C structure into Swift values.
package enum ProtoReader {
    /// A string, checked to be UTF-8. A NUL within it is kept.
    package static func string(
        _ data: ProtobufCBinaryData, _ field: StaticString
    ) throws(ProtoError) -> String {
        if data.len == 0 { return "" }
        let bytes = UnsafeBufferPointer(start: UnsafePointer(data.data), count: data.len)
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw .invalidUTF8(field: field.description)
        }
        return string
    }

    package static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        if data.len == 0 { return [] }
        return [UInt8](UnsafeBufferPointer(start: UnsafePointer(data.data), count: data.len))
    }

    package static func strings(
        _ count: Int, _ items: UnsafeMutablePointer<ProtobufCBinaryData>?, _ field: StaticString
    ) throws(ProtoError) -> [String] {
        guard count > 0, let items else { return [] }
        var result: [String] = []
        result.reserveCapacity(count)
        for index in 0..<count { result.append(try string(items[index], field)) }
        return result
    }

    package static func byteStrings(
        _ count: Int, _ items: UnsafeMutablePointer<ProtobufCBinaryData>?
    ) -> [[UInt8]] {
        guard count > 0, let items else { return [] }
        return (0..<count).map { bytes(items[$0]) }
    }

    package static func scalars<Value, CValue>(
        _ count: Int, _ items: UnsafeMutablePointer<CValue>?, _ convert: (CValue) -> Value
    ) -> [Value] {
        guard count > 0, let items else { return [] }
        return (0..<count).map { convert(items[$0]) }
    }

    package static func message<Message: ProtobufCBacked>(
        _ message: UnsafeMutablePointer<Message.CMessage>?
    ) throws(ProtoError) -> Message? {
        guard let message else { return nil }
        return try Message(copying: UnsafePointer(message))
    }

    package static func messages<Message: ProtobufCBacked>(
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

/// Refuses a NUL where an identifier is meant. Strings of messages may hold one; a name that reaches C must not.
public enum ProtoIdentifier {
    /// Throws ``ProtoError/embeddedNUL(field:)`` when `value` holds a NUL.
    public static func check(_ value: String, field: String) throws(ProtoError) {
        if value.utf8.contains(0) { throw .embeddedNUL(field: field) }
    }
}
