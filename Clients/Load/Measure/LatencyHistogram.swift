import Histogram

/// How many calls took how long: latencies in nanoseconds, kept to three significant digits, up to one hour.
struct LatencyHistogram: Sendable, Equatable {
    /// The longest latency that is told apart; what takes longer counts as this long.
    static let highestNs: UInt64 = 3_600_000_000_000

    private var base = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: highestNs, numberOfSignificantValueDigits: .three)

    init() {}

    mutating func record(ns: UInt64, count: UInt64 = 1) {
        guard count > 0 else { return }
        base.record(min(ns, Self.highestNs), count: count)
    }

    mutating func add(_ other: LatencyHistogram) {
        base.add(other.base)
    }

    var count: UInt64 { base.totalCount }
    var isEmpty: Bool { count == 0 }

    /// 0 when there is none.
    var minNs: UInt64 { isEmpty ? 0 : base.min }
    var maxNs: UInt64 { base.maxRecorded }
    var meanNs: Double { base.mean }

    /// The latency that `percentile` percent of the calls did not exceed, to three digits; 0 when there is none.
    func ns(atPercentile percentile: Double) -> UInt64 {
        isEmpty ? 0 : base.valueAtPercentile(percentile)
    }

    /// How many percent of the calls took at most this long.
    func percentile(ofNs ns: UInt64) -> Double {
        base.percentileAtOrBelowValue(min(ns, Self.highestNs))
    }

    /// What was recorded, the shortest first.
    var counts: HistogramCounts {
        var counts = HistogramCounts()
        for step in base.recordedValues() {
            counts.ns.append(step.value)
            counts.calls.append(step.count)
        }
        // The ends are kept as they were measured: each is in the range that its step stands for.
        if !counts.ns.isEmpty {
            counts.ns[counts.ns.count - 1] = base.maxRecorded
            counts.ns[0] = base.min
        }
        return counts
    }

    init(_ counts: HistogramCounts) {
        for (ns, calls) in zip(counts.ns, counts.calls) { record(ns: ns, count: calls) }
    }
}
