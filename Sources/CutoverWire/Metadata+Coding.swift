public import NIOCore

extension Metadata {
    /// Decodes a whole block of repeated {u8 key length, key, u16 value length, value}.
    public init(decoding block: ByteBuffer) throws(Problem) {
        self.init()
        guard block.readableBytes <= WireLimits.maxMetadataBytes else { throw .tooLarge }
        var rest = block
        while rest.readableBytes > 0 {
            guard
                let keyLength = rest.readInteger(as: UInt8.self),
                let key = rest.readBytes(length: Int(keyLength)),
                let valueLength = rest.readInteger(as: UInt16.self),
                let value = rest.readBytes(length: Int(valueLength))
            else { throw .truncated }
            guard Self.isValid(key: key) else { throw .invalidKey }
            try append(String(decoding: key, as: UTF8.self), value)
        }
    }

    /// Writes the block.
    public func write(to buffer: inout ByteBuffer) {
        for entry in entries {
            buffer.writeInteger(UInt8(truncatingIfNeeded: entry.key.utf8.count))
            buffer.writeString(entry.key)
            buffer.writeInteger(UInt16(truncatingIfNeeded: entry.value.count))
            buffer.writeBytes(entry.value)
        }
    }
}
