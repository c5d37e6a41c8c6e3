package import CutoverTasks

extension GTIDPosition {
    /// The last GTID of each domain, domains rising.
    package var gtids: [GTID] {
        elements.sorted { $0.key < $1.key }
            .map { GTID(domain: $0.key, server: $0.value.serverID, sequence: $0.value.sequence) }
    }

    /// Moves the domain of `gtid` to it.
    package mutating func advance(to gtid: GTID) {
        advance(domain: gtid.domain, to: Element(serverID: gtid.server, sequence: gtid.sequence))
    }

    /// The later of the two in every domain.
    package func furthest(_ other: GTIDPosition) -> GTIDPosition {
        var furthest = self
        for (domain, element) in other.elements where element.sequence > (elements[domain]?.sequence ?? 0) {
            furthest.advance(domain: domain, to: element)
        }
        return furthest
    }
}
