/// How many observations fell into which range.
public struct MetricHistogram: Sendable, Hashable {
    /// The greatest value that each bucket takes, in ascending order.
    public let bounds: [Double]
    /// Observations by bucket, not cumulative; the last bucket has no bound.
    public private(set) var counts: [UInt64]
    /// Everything that was observed, added up.
    public private(set) var sum: Double

    /// The bounds of what is measured in time, in seconds: 0.1 ms to a minute.
    public static let secondsBounds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// The bounds of what has another unit: the powers of ten up to 10^9.
    public static let amountBounds: [Double] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

    /// An empty histogram.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
        sum = 0
    }

    /// One that was counted elsewhere. Counts that are missing are 0, those beyond the last bucket are left out.
    public init(bounds: [Double], counts: [UInt64], sum: Double) {
        self.init(bounds: bounds)
        for (index, count) in counts.prefix(self.counts.count).enumerated() { self.counts[index] = count }
        self.sum = sum
    }

    /// All observations.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Takes one observation; what is not a number is left out.
    mutating func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts[bucket] &+= 1
        sum += value
    }

    func merged(with other: MetricHistogram) -> MetricHistogram {
        guard other.bounds == bounds else { return self }
        var merged = self
        for index in counts.indices { merged.counts[index] &+= other.counts[index] }
        merged.sum += other.sum
        return merged
    }
}
