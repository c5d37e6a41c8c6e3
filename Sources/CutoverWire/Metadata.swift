/// Named values beside the payload of a call, in the order they were sent.
///
/// A key is 1 to 64 bytes of `[a-z0-9._-]`; a value is any bytes. A block holds at most 64 entries and 8 KiB.
public struct Metadata: Sendable, Hashable {
    /// One named value.
    public struct Entry: Sendable, Hashable {
        public let key: String
        public let value: [UInt8]
    }

    /// Why an entry was refused.
    public enum Problem: Error, Sendable, Hashable {
        /// The key is empty, too long, or has a byte outside `[a-z0-9._-]`.
        case invalidKey
        /// The block would hold more than 64 entries or 8 KiB.
        case tooLarge
        /// The bytes do not form whole entries.
        case truncated
    }

    public private(set) var entries: [Entry] = []
    /// The size of the block on the wire, in bytes.
    public private(set) var encodedBytes = 0

    /// No entries.
    public init() {}

    public static let maxKeyBytes = 64

    @inlinable
    public var isEmpty: Bool { entries.isEmpty }

    /// Adds an entry behind the others.
    public mutating func append(_ key: String, _ value: [UInt8]) throws(Problem) {
        guard Self.isValid(key: key.utf8) else { throw .invalidKey }
        let added = 3 + key.utf8.count + value.count
        guard
            entries.count < WireLimits.maxMetadataEntries, value.count <= Int(UInt16.max),
            encodedBytes + added <= WireLimits.maxMetadataBytes
        else { throw .tooLarge }
        entries.append(Entry(key: key, value: value))
        encodedBytes += added
    }

    /// Adds a text entry behind the others.
    public mutating func append(_ key: String, _ value: String) throws(Problem) {
        try append(key, Array(value.utf8))
    }

    /// The first value under `key`.
    public func first(_ key: String) -> [UInt8]? {
        entries.first { $0.key == key }?.value
    }

    /// The first value under `key` as text; nil when there is none or it is not UTF-8.
    public func firstText(_ key: String) -> String? {
        first(key).flatMap { String(validating: $0, as: UTF8.self) }
    }

    static func isValid(key: some Collection<UInt8>) -> Bool {
        guard !key.isEmpty, key.count <= maxKeyBytes else { return false }
        return key.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}
