/// All series of one metric at one moment.
public struct MetricFamily: Sendable, Hashable {
    /// What a metric's numbers mean.
    public enum Kind: String, Sendable, Hashable {
        /// Only rises, and begins at 0 when the process does.
        case counter
        /// Rises and falls.
        case gauge
        /// Counts observations by range.
        case histogram
    }

    /// The most series of a metric. What comes beyond them is added up in one more, `{overflow="true"}`, so that nobody who
    /// has an influence on labels can make the text, or the memory behind it, grow without end.
    public static let maxSeries = 1_000

    public let name: String
    public let kind: Kind
    /// What is measured, in a sentence.
    public let help: String
    private(set) var series: [MetricLabels: MetricValue] = [:]

    /// - Parameter name: as Prometheus has it: with the unit last, and `_total` behind that of a counter.
    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = MetricName.metric(name)
        self.kind = kind
        self.help = help
    }

    /// Adds a series. Of two with the same labels the sum is shown.
    public mutating func add(_ value: MetricValue, _ labels: [(String, String)] = []) {
        add(value, MetricLabels(labels))
    }

    mutating func add(_ value: MetricValue, _ labels: MetricLabels, maxSeries: Int = Self.maxSeries) {
        let isKnown = series[labels] != nil
        let key = isKnown || series.count < maxSeries ? labels : MetricLabels.overflow
        series[key] = series[key]?.merged(with: value) ?? value
    }

    /// With this series, if any.
    public func with(_ value: MetricValue, _ labels: [(String, String)] = []) -> MetricFamily {
        var family = self
        family.add(value, labels)
        return family
    }
}
