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

    /// How many transactions `source` has and this position has not, by their sequence numbers.
    package func transactionsBehind(_ source: GTIDPosition) -> UInt64 {
        source.elements.reduce(0) { total, element in
            let mine = elements[element.key]?.sequence ?? 0
            return total &+ (element.value.sequence > mine ? element.value.sequence - mine : 0)
        }
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
