import CutoverModel

/// The requested, received and applied positions side by side, one row for each replication domain.
///
/// A GTID position is `domain-server-sequence`, several separated by commas. What is not of that form is shown whole.
struct ReceiptPositions: Sendable, Hashable {
    struct Row: Sendable, Hashable {
        /// Empty when the positions could not be told apart by domain.
        var domain: String
        var requested = ""
        var received = ""
        var applied = ""
        /// How far the sequence number applied is below the one requested; nil when that cannot be told.
        var behind: UInt64?
    }

    var rows: [Row]

    /// The most domains shown one by one.
    static let domainLimit = 64

    init(_ stop: Stop) {
        let texts = [stop.requestedPosition, stop.receivedPosition, stop.appliedPosition]
        guard texts.contains(where: { !$0.isEmpty }) else {
            rows = []
            return
        }
        let parsed = texts.map(Self.elements)
        guard let requested = parsed[0], let received = parsed[1], let applied = parsed[2] else {
            rows = [Row(domain: "", requested: texts[0], received: texts[1], applied: texts[2])]
            return
        }
        let domains = Set(requested.keys).union(received.keys).union(applied.keys).sorted()
        guard domains.count <= Self.domainLimit else {
            rows = [Row(domain: "", requested: texts[0], received: texts[1], applied: texts[2])]
            return
        }
        rows = domains.map { domain in
            var row = Row(
                domain: String(domain), requested: requested[domain]?.text ?? "",
                received: received[domain]?.text ?? "", applied: applied[domain]?.text ?? "")
            // Without any applied position nobody knows how far behind it is.
            if let wanted = requested[domain]?.sequence, !texts[2].isEmpty {
                let reached = applied[domain]?.sequence ?? 0
                row.behind = wanted > reached ? wanted - reached : 0
            }
            return row
        }
    }

    var isBehind: Bool { rows.contains { ($0.behind ?? 0) > 0 } }

    private static func elements(_ position: String) -> [UInt32: (text: String, sequence: UInt64)]? {
        var elements: [UInt32: (text: String, sequence: UInt64)] = [:]
        for part in position.split(separator: ",") {
            let text = String(part.filter { $0 != " " })
            let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
            guard numbers.count == 3, let domain = UInt32(numbers[0]), UInt32(numbers[1]) != nil,
                let sequence = UInt64(numbers[2]), elements[domain] == nil
            else { return nil }
            elements[domain] = (text, sequence)
        }
        return elements
    }
}
