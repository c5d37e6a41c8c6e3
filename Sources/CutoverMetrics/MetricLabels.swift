/// What tells the series of one metric apart: names with values, in the order of the names.
public struct MetricLabels: Sendable, Hashable {
    /// Values are cut at this length, between characters.
    public static let maxValueBytes = 128
    /// The most labels of a series; further ones are left out.
    public static let maxLabels = 16

    let pairs: [Pair]

    struct Pair: Sendable, Hashable {
        let name: String
        let value: String
    }

    /// Names become what Prometheus accepts; of labels with one name the first stays.
    public init(_ labels: [(String, String)]) {
        var pairs: [Pair] = []
        for (name, value) in labels where pairs.count < Self.maxLabels {
            let name = MetricName.label(name)
            guard !pairs.contains(where: { $0.name == name }) else { continue }
            pairs.append(Pair(name: name, value: Self.cut(value)))
        }
        self.pairs = pairs.sorted { $0.name < $1.name }
    }

    /// The series that takes what has no series of its own any more.
    static let overflow = MetricLabels([("overflow", "true")])

    private static func cut(_ value: String) -> String {
        guard value.utf8.count > maxValueBytes else { return value }
        var length = 0
        let kept = value.prefix { character in
            length += character.utf8.count
            return length <= maxValueBytes
        }
        return String(kept)
    }

    /// As Prometheus reads it, with further labels behind; empty without any.
    func text(and further: (name: String, value: String)? = nil) -> String {
        var parts = pairs.map { "\($0.name)=\"\(PrometheusText.escape($0.value, quotes: true))\"" }
        if let further { parts.append("\(further.name)=\"\(PrometheusText.escape(further.value, quotes: true))\"") }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }
}
