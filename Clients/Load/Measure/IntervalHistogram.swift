import Histogram

/// The latencies of one interval, to two digits: many of them are kept, for plots.
struct IntervalHistogram: Sendable {
    private var base = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: LatencyHistogram.highestNs,
        numberOfSignificantValueDigits: .two)

    init(_ counts: HistogramCounts = HistogramCounts()) {
        add(counts)
    }

    mutating func add(_ counts: HistogramCounts) {
        for (ns, calls) in zip(counts.ns, counts.calls) where calls > 0 {
            base.record(min(ns, LatencyHistogram.highestNs), count: calls)
        }
    }

    func ns(atPercentile percentile: Double) -> UInt64 {
        base.totalCount == 0 ? 0 : base.valueAtPercentile(percentile)
    }

    var maxNs: UInt64 { base.maxRecorded }

    var counts: HistogramCounts {
        var counts = HistogramCounts()
        for step in base.recordedValues() {
            counts.ns.append(step.value)
            counts.calls.append(step.count)
        }
        if !counts.ns.isEmpty {
            counts.ns[counts.ns.count - 1] = base.maxRecorded
            counts.ns[0] = base.min
        }
        return counts
    }
}
