public import NIOCore

/// The first 8 bytes a client sends: magic, major and minor version, two zero bytes.
public enum Preface {
    /// `B5 52 50 43`: not ASCII, so no text protocol begins with it.
    public static let magic: UInt32 = 0xB552_5043
    /// The version spoken here.
    public static let major: UInt8 = 1
    public static let minor: UInt8 = 0

    /// What the first bytes of a connection turned out to be.
    public enum ParseResult: Sendable, Equatable {
        /// Not decidable yet.
        case needMoreBytes
        /// A preface this side serves; its bytes were read.
        case accepted
        /// The magic was right, the major version is another; its bytes were read.
        case otherMajor
        /// Another protocol that looks like HTTP.
        case looksLikeHTTP
        /// Anything else.
        case garbage
    }

    /// Reads a preface from the front of `buffer`.
    public static func parse(_ buffer: inout ByteBuffer) -> ParseResult {
        guard let magic = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else {
            return couldBecomeKnown(buffer) ? .needMoreBytes : .garbage
        }
        guard magic == Self.magic else {
            return httpMethods.contains(magic) ? .looksLikeHTTP : .garbage
        }
        guard let bytes = buffer.readMultipleIntegers(as: (UInt32, UInt8, UInt8, UInt16).self) else {
            return .needMoreBytes
        }
        guard bytes.1 == major else { return .otherMajor }
        return bytes.3 == 0 ? .accepted : .garbage
    }

    /// Writes the preface of this version.
    public static func write(to buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(magic, major, minor, UInt16(0))
    }

    /// The first four letters of each HTTP method, and of HTTP/2's own preface.
    private static let httpMethods: [UInt32] = ["GET ", "POST", "HEAD", "PUT ", "DELE", "OPTI", "PATC", "CONN", "PRI "]
        .map { text in text.utf8.reduce(0) { $0 << 8 | UInt32($1) } }

    private static func couldBecomeKnown(_ buffer: ByteBuffer) -> Bool {
        let count = buffer.readableBytes
        guard count > 0 else { return true }
        let shift = UInt32(max(0, 4 - count) * 8)
        var seen: UInt32 = 0
        for byte in buffer.readableBytesView.prefix(4) { seen = seen << 8 | UInt32(byte) }
        return ([magic] + httpMethods).contains { $0 >> shift == seen }
    }
}
