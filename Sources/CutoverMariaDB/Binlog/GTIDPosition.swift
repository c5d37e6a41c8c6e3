/// How far a reader of a MariaDB source has come: the last GTID of each replication domain.
///
/// The text form is that of `@@gtid_binlog_pos` and `@slave_connect_state`, with the domains in rising order so that
/// equal positions have equal text. An empty position is the empty string: the beginning of the first binlog.
public struct GTIDPosition: Hashable, Sendable, CustomStringConvertible {
    private var lastByDomain: [UInt32: GTID]

    public init() { lastByDomain = [:] }

    /// Reads a comma-separated list; nil when a part is no GTID or a domain is named twice.
    public init?(_ text: some StringProtocol) {
        lastByDomain = [:]
        let trimmed = String(text.filter { !$0.isWhitespace })
        if trimmed.isEmpty { return }
        for part in trimmed.split(separator: ",", omittingEmptySubsequences: false) {
            guard let gtid = GTID(part), lastByDomain[gtid.domain] == nil else { return nil }
            lastByDomain[gtid.domain] = gtid
        }
    }

    public var isEmpty: Bool { lastByDomain.isEmpty }

    /// The last GTID of each domain, domains rising.
    public var gtids: [GTID] { lastByDomain.values.sorted { $0.domain < $1.domain } }

    /// The last GTID of one domain.
    public subscript(domain: UInt32) -> GTID? { lastByDomain[domain] }

    /// Moves the domain of `gtid` to it.
    public mutating func advance(to gtid: GTID) {
        lastByDomain[gtid.domain] = gtid
    }

    /// Whether the transaction `gtid` lies at or before this position.
    public func contains(_ gtid: GTID) -> Bool {
        guard let last = lastByDomain[gtid.domain] else { return false }
        return last.sequence >= gtid.sequence
    }

    /// Whether this position has reached `other` in every domain that `other` names.
    public func contains(_ other: GTIDPosition) -> Bool {
        other.lastByDomain.values.allSatisfy { contains($0) }
    }

    public var description: String { gtids.map(\.description).joined(separator: ",") }
}
