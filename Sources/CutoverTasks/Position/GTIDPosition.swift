/// A MariaDB GTID position: for each replication domain the last transaction, as `domain-server-sequence`.
///
/// The text form is MariaDB's own (`gtid_binlog_pos`): elements separated by commas, at most one a domain. An empty text is the
/// position before everything. Source: MariaDB Knowledge Base, "Global Transaction ID".
public struct GTIDPosition: Sendable, Hashable, CustomStringConvertible {
    /// The last transaction of one domain.
    public struct Element: Sendable, Hashable {
        public var serverID: UInt32
        public var sequence: UInt64

        public init(serverID: UInt32, sequence: UInt64) {
            self.serverID = serverID
            self.sequence = sequence
        }
    }

    /// The most domains a position may name.
    public static let maxDomains = 1024

    public private(set) var elements: [UInt32: Element]

    public init(elements: [UInt32: Element] = [:]) {
        self.elements = elements
    }

    /// Parses MariaDB's text form; nil when it is not one.
    public init?(_ text: String) {
        var elements: [UInt32: Element] = [:]
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
        for part in parts where parts != [""] {
            let numbers = part.split(separator: "-", omittingEmptySubsequences: false)
            // Swift's integers would take a plus sign, which MariaDB never writes.
            guard numbers.count == 3, elements.count < Self.maxDomains, !part.contains("+"),
                let domain = UInt32(numbers[0]), let server = UInt32(numbers[1]), let sequence = UInt64(numbers[2]),
                elements[domain] == nil
            else { return nil }
            elements[domain] = Element(serverID: server, sequence: sequence)
        }
        self.elements = elements
    }

    private static func trimmed(_ part: Substring) -> Substring {
        var part = part.drop(while: \.isWhitespace)
        while part.last?.isWhitespace == true { part.removeLast() }
        return part
    }

    public var isEmpty: Bool { elements.isEmpty }

    /// Takes one transaction into the position.
    public mutating func advance(domain: UInt32, to element: Element) {
        elements[domain] = element
    }

    /// True when every transaction up to `other` is within this position.
    ///
    /// Compares sequence numbers a domain at a time, as `MASTER_GTID_WAIT` does; the server id does not matter.
    public func reaches(_ other: GTIDPosition) -> Bool {
        other.elements.allSatisfy { domain, wanted in
            guard let mine = elements[domain] else { return wanted.sequence == 0 }
            return mine.sequence >= wanted.sequence
        }
    }

    /// True when something beyond `other` is within this position, in a domain that `other` names.
    ///
    /// A domain that `other` does not name is none of its business: it may stand anywhere, as with START REPLICA UNTIL.
    public func isBeyond(_ other: GTIDPosition) -> Bool {
        other.elements.contains { domain, limit in (elements[domain]?.sequence ?? 0) > limit.sequence }
    }

    public var description: String {
        elements.sorted { $0.key < $1.key }
            .map { "\($0.key)-\($0.value.serverID)-\($0.value.sequence)" }
            .joined(separator: ",")
    }
}
