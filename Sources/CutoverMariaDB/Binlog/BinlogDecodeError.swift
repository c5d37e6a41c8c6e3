/// Bytes that are not a valid binlog event, or an event kind that cannot be decoded.
///
/// The decoder never traps: whatever bytes arrive, it answers with a value or with this error. The message names the
/// event part that was wrong; it never shows row values or statement text.
public struct BinlogDecodeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of defect.
    public enum Code: Sendable, Equatable {
        /// The event ends before the value that was being read.
        case truncated
        /// The CRC32 at the end of the event does not match its bytes.
        case checksumMismatch
        /// A length, count or code contradicts the format.
        case malformed
        /// The format is known, but this decoder refuses it (for example a compressed column).
        case unsupported
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "binlog \(code): \(message)" }
}
