/// What one series shows.
public enum MetricValue: Sendable, Hashable {
    case number(Double)
    case histogram(MetricHistogram)

    /// A whole number. What is above 2^53 is rounded, as it would be by whoever reads it.
    public static func count(_ count: some BinaryInteger) -> MetricValue { .number(Double(count)) }

    /// Both in one series. Of histograms with different bounds, the first stays.
    func merged(with other: MetricValue) -> MetricValue {
        switch (self, other) {
        case (.number(let left), .number(let right)): .number(left + right)
        case (.histogram(let left), .histogram(let right)): .histogram(left.merged(with: right))
        case (.number, .histogram), (.histogram, .number): self
        }
    }
}
