/// The latencies of a histogram that people ask for, in nanoseconds.
struct LatencySummary: Sendable, Hashable, Codable {
    var minNs: UInt64
    var meanNs: Double
    var p50Ns: UInt64
    var p90Ns: UInt64
    var p99Ns: UInt64
    var p999Ns: UInt64
    var p9999Ns: UInt64
    var maxNs: UInt64

    init(_ histogram: LatencyHistogram) {
        minNs = histogram.minNs
        meanNs = histogram.isEmpty ? 0 : histogram.meanNs
        p50Ns = histogram.ns(atPercentile: 50)
        p90Ns = histogram.ns(atPercentile: 90)
        p99Ns = histogram.ns(atPercentile: 99)
        p999Ns = histogram.ns(atPercentile: 99.9)
        p9999Ns = histogram.ns(atPercentile: 99.99)
        maxNs = histogram.maxNs
    }

    /// The percentiles with their names, in the order of tables.
    var columns: [(name: String, ns: UInt64)] {
        [("p50", p50Ns), ("p90", p90Ns), ("p99", p99Ns), ("p99.9", p999Ns), ("p99.99", p9999Ns), ("max", maxNs)]
    }
}
