/// Why bytes could not be read as a message, or a message not be written.
///
/// None of these is a fault of the program: each describes input, and none carries bytes of it.
public enum ProtoError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bytes are not a protobuf message of this type: cut short, a group, a wrong length, an impossible varint.
    case malformed
    /// Unpacking needs more memory than its budget, see ``ProtoLimits/unpackBudgetBytes(payloadBytes:)``.
    case budgetExceeded
    /// A string field, named in full, holds bytes that are not UTF-8.
    case invalidUTF8(field: String)
    /// A field number above ``ProtoLimits/maximumFieldNumber``, or field number 0.
    case tagOutOfRange
    /// A message field that is not a list occurs twice.
    case repeatedMessage
    /// Messages within messages beyond ``ProtoLimits/maximumDepth``.
    case tooDeep
    /// An identifier, named in full, holds a NUL byte.
    case embeddedNUL(field: String)
    /// The destination is smaller than the encoded message.
    case destinationTooSmall(neededBytes: Int)

    public var description: String {
        switch self {
        case .malformed: "the bytes are not a message of this type"
        case .budgetExceeded: "the message needs more memory than its size allows"
        case .invalidUTF8(let field): "\(field) is not UTF-8"
        case .tagOutOfRange: "a field number is outside 1...536870911"
        case .repeatedMessage: "a message field that is not a list occurs twice"
        case .tooDeep: "messages are nested too deeply"
        case .embeddedNUL(let field): "\(field) holds a NUL byte"
        case .destinationTooSmall(let neededBytes): "the message needs \(neededBytes) bytes of space"
        }
    }
}
