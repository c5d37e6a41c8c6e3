package import CProtobufC

/// Walks the wire form of a message before protobuf-c sees it.
///
/// protobuf-c shifts by an amount taken from the tag, and recurses as deeply as the bytes say. This walk refuses field
/// numbers outside 1...2^29 - 1, groups, lengths beyond the message and nesting beyond ``ProtoLimits/maximumDepth``,
/// in nested messages as well.
///
/// Protobuf says that a message field that occurs twice is merged. protobuf-c 1.4.1 loses numbers of the earlier one
/// while it does so. No encoder writes such a thing, so it is refused rather than misread.
package struct WireScan {
    private let bytes: UnsafeRawBufferPointer

    /// Checks the bytes against a message type.
    package static func check(
        _ bytes: UnsafeRawBufferPointer, as descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    ) throws(ProtoError) {
        try WireScan(bytes: bytes).message(from: 0, to: bytes.count, descriptor, depth: 1)
    }

    private func message(
        from start: Int, to end: Int, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, depth: Int
    ) throws(ProtoError) {
        guard depth <= ProtoLimits.maximumDepth else { throw .tooDeep }
        var position = start
        var seen: UInt64 = 0
        while position < end {
            let tag = try varint(&position, end)
            let number = tag >> 3
            guard number >= 1, number <= ProtoLimits.maximumFieldNumber else { throw .tagOutOfRange }
            switch tag & 7 {
            case 0: _ = try varint(&position, end)
            case 1: try skip(8, &position, end)
            case 5: try skip(4, &position, end)
            case 2:
                let length = try varint(&position, end)
                guard length <= UInt64(end - position) else { throw .malformed }
                let next = position + Int(length)
                if let field = Self.messageField(UInt32(number), in: descriptor) {
                    if field.isSingular, seen & field.bit != 0 { throw .repeatedMessage }
                    seen |= field.bit
                    try message(from: position, to: next, field.type, depth: depth + 1)
                }
                position = next
            default: throw .malformed
            }
        }
    }

    private func skip(_ count: Int, _ position: inout Int, _ end: Int) throws(ProtoError) {
        guard end - position >= count else { throw .malformed }
        position += count
    }

    private func varint(_ position: inout Int, _ end: Int) throws(ProtoError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 70 {
            let byte = bytes[position]
            position += 1
            // The tenth byte may only hold the last bit of 64.
            if shift == 63, byte > 1 { throw .malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .malformed
    }

    private struct MessageField {
        var type: UnsafePointer<ProtobufCMessageDescriptor>
        var isSingular: Bool
        /// One bit for each of the first 64 fields; the generator refuses types with more.
        var bit: UInt64
    }

    /// The field with this number when it is a message, else nil.
    private static func messageField(
        _ number: UInt32, in descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    ) -> MessageField? {
        guard let fields = descriptor.pointee.fields else { return nil }
        let count = descriptor.pointee.n_fields
        let field: UnsafePointer<ProtobufCFieldDescriptor>
        // Numbers mostly run from 1 without gaps.
        if number <= count, fields[Int(number) - 1].id == number {
            field = fields + (Int(number) - 1)
        } else if let found = protobuf_c_message_descriptor_get_field(descriptor, number) {
            field = found
        } else {
            return nil
        }
        guard field.pointee.type == PROTOBUF_C_TYPE_MESSAGE, let type = field.pointee.descriptor else { return nil }
        return MessageField(
            type: type.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
            isSingular: field.pointee.label != PROTOBUF_C_LABEL_REPEATED,
            bit: 1 << UInt64(field - fields))
    }
}
