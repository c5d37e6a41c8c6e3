/// The text exposition format of Prometheus, version 0.0.4 (its documentation, "Exposition formats").
public enum PrometheusText {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Families by name, series by labels: the same values make the same text. A family without series is left out, and of
    /// families with one name the first is shown.
    public static func render(_ families: [MetricFamily]) -> String {
        var text = ""
        var shown: Set<String> = []
        for family in families.sorted(by: { $0.name < $1.name }) where !family.series.isEmpty {
            guard shown.insert(family.name).inserted else { continue }
            if !family.help.isEmpty { text += "# HELP \(family.name) \(escape(family.help, quotes: false))\n" }
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            let series = family.series.map { (labels: $0.key, text: $0.key.text(), value: $0.value) }
            for (labels, labelText, value) in series.sorted(by: { $0.text < $1.text }) {
                switch value {
                case .number(let number): text += "\(family.name)\(labelText) \(self.number(number))\n"
                case .histogram(let histogram): write(histogram, family.name, labels, labelText, to: &text)
                }
            }
        }
        return text
    }

    private static func write(
        _ histogram: MetricHistogram, _ name: String, _ labels: MetricLabels, _ labelText: String,
        to text: inout String
    ) {
        var count: UInt64 = 0
        for (bound, inBucket) in zip(histogram.bounds, histogram.counts) {
            count &+= inBucket
            text += "\(name)_bucket\(labels.text(and: ("le", number(bound)))) \(count)\n"
        }
        text += "\(name)_bucket\(labels.text(and: ("le", "+Inf"))) \(histogram.count)\n"
        text += "\(name)_sum\(labelText) \(number(histogram.sum))\n"
        text += "\(name)_count\(labelText) \(histogram.count)\n"
    }

    private static func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: number) { return "\(whole)" }
        return "\(number)"
    }

    /// A backslash and a line feed have a meaning in the text format; `quotes` says that a quotation mark has one, too.
    static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
