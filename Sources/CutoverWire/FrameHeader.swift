public import NIOCore

/// The 16 bytes before every frame (PROTOCOL.md, "Frame").
///
/// ```
///  0               4    5     6          8               12              16
///  | length        |type|flags| meta_len | id            | aux           |
/// ```
/// All integers are big-endian. A value of this type is not checked; ``violation(from:maxFrameBytes:)`` does that.
public struct FrameHeader: Sendable, Hashable {
    /// Bytes after the header.
    public var length: UInt32
    /// The number of the type; see ``type``.
    public var rawType: UInt8
    /// Meaning depends on the type; undefined bits are 0.
    public var flags: UInt8
    /// Bytes of metadata in the body.
    public var metadataLength: UInt16
    /// The slot of the call, or 0 for the connection.
    public var id: UInt32
    /// Meaning depends on the type.
    public var aux: UInt32

    @inlinable
    public init(
        length: UInt32, type: FrameType, flags: UInt8 = 0, metadataLength: UInt16 = 0, id: UInt32 = 0, aux: UInt32 = 0
    ) {
        self.init(
            length: length, rawType: type.rawValue, flags: flags, metadataLength: metadataLength, id: id, aux: aux)
    }

    @inlinable
    public init(length: UInt32, rawType: UInt8, flags: UInt8, metadataLength: UInt16, id: UInt32, aux: UInt32) {
        self.length = length
        self.rawType = rawType
        self.flags = flags
        self.metadataLength = metadataLength
        self.id = id
        self.aux = aux
    }

    /// The header at the reader index of `buffer`, or nil when fewer than 16 bytes are there. Reads nothing.
    @inlinable
    public init?(peeking buffer: ByteBuffer) {
        guard
            let field = buffer.peekMultipleIntegers(
                as: (UInt32, UInt8, UInt8, UInt16, UInt32, UInt32).self)
        else { return nil }
        self.init(
            length: field.0, rawType: field.1, flags: field.2, metadataLength: field.3, id: field.4, aux: field.5)
    }

    /// Writes the 16 bytes.
    @inlinable
    public func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(length, rawType, flags, metadataLength, id, aux)
    }

    /// The type, or nil when this version does not define the number.
    @inlinable
    public var type: FrameType? { FrameType(rawValue: rawType) }

    /// Whether the frame may be skipped when its type is unknown.
    @inlinable
    public var isExtension: Bool { rawType & FrameType.extensionBit != 0 }

    /// The status in the low byte of a RESPONSE's aux; a number without a meaning reads as UNKNOWN, as gRPC does.
    @inlinable
    public var status: RPCStatus { RPCStatus(rawValue: UInt8(truncatingIfNeeded: aux)) ?? .unknown }

    /// The retry hint in the upper three bytes of a RESPONSE's aux, in milliseconds; 0 is no hint.
    @inlinable
    public var retryAfterMs: UInt32 { aux >> 8 }
}
