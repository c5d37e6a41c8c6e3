public import NIOCore

/// The 8 bytes before the metadata of a REQUEST (PROTOCOL.md, "REQUEST").
public struct RequestPrefix: Sendable, Hashable {
    /// How long the caller waits, in milliseconds from the frame's first byte; 0 is for ever.
    public var timeoutMs: UInt32
    /// What the server may send on this stream before CREDIT comes, in bytes.
    public var creditBytes: UInt32

    /// Reads the prefix. nil when fewer than 8 bytes are there.
    @inlinable
    public init?(reading buffer: inout ByteBuffer) {
        guard let fields = buffer.readMultipleIntegers(as: (UInt32, UInt32).self) else { return nil }
        timeoutMs = fields.0
        creditBytes = fields.1
    }

    /// What is wrong with it (rule REQ-2); nil when nothing is.
    @inlinable
    public func violation(isStream: Bool) -> WireViolation? {
        guard isStream ? creditBytes <= UInt32(Int32.max) : creditBytes == 0 else {
            return WireViolation(.flowControl, "the credit of a REQUEST is out of range")
        }
        return nil
    }
}
