/// Two reports beside each other: what changed, operation by operation.
struct Comparison: Sendable {
    var before: LoadReport
    var after: LoadReport

    /// One number of both.
    struct Row: Sendable, Hashable {
        enum Unit: Sendable, Hashable {
            case rate, latency, calls
        }

        var operation: String
        var name: String
        var unit: Unit
        var before: Double
        var after: Double

        /// How many times the number before the number after is; nil when there was none.
        var ratio: Double? { before > 0 ? after / before : nil }
        /// Whether a smaller number is better.
        var smallerIsBetter: Bool { unit != .rate }
    }

    /// The operations that both have, in the order of the first; the numbers of each.
    var rows: [Row] {
        var rows = [
            Row(
                operation: "all", name: "throughput", unit: .rate, before: before.throughput, after: after.throughput)
        ]
        for operation in before.operations {
            guard let other = after.operations.first(where: { $0.name == operation.name }) else { continue }
            let old = LatencySummary(LatencyHistogram(operation.latency))
            let new = LatencySummary(LatencyHistogram(other.latency))
            for (column, newer) in zip(old.columns, new.columns) {
                rows.append(
                    Row(
                        operation: operation.name, name: column.name, unit: .latency, before: Double(column.ns),
                        after: Double(newer.ns)))
            }
            rows.append(
                Row(
                    operation: operation.name, name: "failed", unit: .calls, before: Double(operation.failed),
                    after: Double(other.failed)))
        }
        return rows
    }

    /// ``rows`` without failed calls where there were none.
    var newsworthyRows: [Row] { rows.filter { $0.unit != .calls || $0.before > 0 || $0.after > 0 } }

    /// Why the two are not of the same kind; empty when they are.
    var differences: [String] {
        let (old, new) = (before.terms, after.terms)
        var texts: [String] = []
        func compare(_ name: String, _ old: String, _ new: String) {
            if old != new { texts.append("\(name): \(old) before, \(new) after") }
        }
        compare("mix", old.mixText, new.mixText)
        compare("load", ReportText.loadText(before), ReportText.loadText(after))
        compare("prepared tasks", "\(old.tasks)", "\(new.tasks)")
        compare("TLS", old.usesTLS ? "yes" : "no", new.usesTLS ? "yes" : "no")
        return texts
    }
}
