public import NIOCore

/// Cuts a byte stream into frames, in place and without copying.
///
/// Each header is checked the moment its 16 bytes are there, before anything is reserved or waited for. The
/// decoder holds no bytes: the caller keeps what is left in the buffer and calls again with more behind it.
public struct FrameDecoder: Sendable {
    /// What is at the front of the buffer.
    public enum Result: Sendable, Equatable {
        /// A frame is not complete.
        case needMoreBytes
        /// A whole frame: the reader index is at its body, `length` bytes of which are there. The caller must
        /// move the reader index over all of them before the next call.
        case frame(FrameHeader)
        /// The peer broke a rule. Nothing after this may be decoded.
        case violation(WireViolation)
    }

    /// Who sends the frames.
    public let sender: WireRole
    /// The limit on the length of a frame. Small until the connection is set up.
    public var maxFrameBytes: UInt32
    private var failure: WireViolation?
    private var checked: FrameHeader?

    public init(sender: WireRole, maxFrameBytes: UInt32) {
        self.sender = sender
        self.maxFrameBytes = maxFrameBytes
    }

    /// Whether a header was read whose body is not complete.
    public var isInsideFrame: Bool { checked != nil }

    /// Looks at the front of `buffer`; frames of unknown ignorable types are skipped.
    public mutating func next(in buffer: inout ByteBuffer) -> Result {
        if let failure { return .violation(failure) }
        while true {
            let header: FrameHeader
            if let known = checked {
                header = known
            } else {
                guard let peeked = FrameHeader(peeking: buffer) else { return .needMoreBytes }
                if let violation = peeked.violation(from: sender, maxFrameBytes: maxFrameBytes) {
                    failure = violation
                    return .violation(violation)
                }
                header = peeked
            }
            let available = buffer.readableBytes - WireLimits.headerBytes
            guard available >= Int(header.length) else {
                checked = header
                return .needMoreBytes
            }
            checked = nil
            buffer.moveReaderIndex(forwardBy: WireLimits.headerBytes)
            if header.type != nil { return .frame(header) }
            buffer.moveReaderIndex(forwardBy: Int(header.length))
        }
    }
}
