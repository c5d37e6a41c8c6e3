import Foundation

/// A bearer token: who a client is to its server. `cutoverd token create` makes one.
///
/// Its text is never part of a description, a log line or an error.
public struct CutoverToken: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    let bytes: [UInt8]

    /// The longest text taken, in bytes; the protocol takes no longer one.
    static let maxBytes = 4_096

    /// - Parameter text: The token; blanks and line ends around it are left out.
    /// - Throws: ``CutoverError/Code/invalidArgument`` when there is nothing, too much, or a blank in it.
    public init(_ text: String) throws(CutoverError) {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !trimmed.isEmpty, trimmed.utf8.count <= Self.maxBytes,
            trimmed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw CutoverError(
                .invalidArgument, "the token must be one word of at most \(Self.maxBytes) ASCII characters",
                reason: "INVALID_TOKEN")
        }
        bytes = Array(trimmed.utf8)
    }

    /// Reads the token from a file that holds nothing else.
    public init(file: String) throws(CutoverError) {
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.read(upToCount: 2 * Self.maxBytes)
        else {
            throw CutoverError(
                .invalidArgument, "the token file \(file) is empty or cannot be read", reason: "INVALID_TOKEN")
        }
        do throws(CutoverError) {
            try self.init(String(decoding: data, as: UTF8.self))
        } catch {
            throw CutoverError(error.code, "\(file): \(error.message)", reason: error.reason)
        }
    }

    public var description: String { "(token)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
