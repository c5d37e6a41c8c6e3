import TestRandom
import Testing

@testable import cutover_load

@Suite struct LatencyHistogramTests {
    @Test func percentilesHaveThreeDigits() {
        var histogram = LatencyHistogram()
        for ns in 1...100_000 { histogram.record(ns: UInt64(ns) * 1_000) }
        #expect(histogram.count == 100_000)
        for (percentile, exact) in [(50.0, 50_000_000.0), (90, 90_000_000), (99, 99_000_000), (99.9, 99_900_000)] {
            #expect(abs(Double(histogram.ns(atPercentile: percentile)) - exact) <= exact / 1_000)
        }
        #expect(histogram.minNs == 1_000)
        #expect(histogram.maxNs == 100_000_000)
        #expect(histogram.ns(atPercentile: 100) == 100_000_000)
    }

    @Test func anEmptyOneIsZero() {
        let histogram = LatencyHistogram()
        #expect(histogram.isEmpty)
        #expect(histogram.ns(atPercentile: 99) == 0)
        #expect(histogram.minNs == 0)
        #expect(histogram.counts == HistogramCounts())
    }

    @Test func whatTakesLongerThanAnHourCountsAsAnHour() {
        var histogram = LatencyHistogram()
        histogram.record(ns: .max)
        #expect(histogram.count == 1)
        #expect(histogram.maxNs == LatencyHistogram.highestNs)
    }

    @Test func countsMakeTheSameHistogram() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        var histogram = LatencyHistogram()
        for _ in 0..<5_000 {
            histogram.record(
                ns: UInt64(Double.random(in: 1...1e12, using: &random)), count: .random(in: 1...5, using: &random))
        }
        let again = LatencyHistogram(histogram.counts)
        #expect(again == histogram, "seed \(seed)")
        #expect(again.counts == histogram.counts, "seed \(seed)")
    }

    @Test func partsAddUpToTheWhole() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        var whole = LatencyHistogram()
        var parts = [LatencyHistogram(), LatencyHistogram(), LatencyHistogram()]
        for index in 0..<3_000 {
            let ns = UInt64.random(in: 1...5_000_000_000, using: &random)
            whole.record(ns: ns)
            parts[index % 3].record(ns: ns)
        }
        var sum = LatencyHistogram()
        for part in parts { sum.add(part) }
        #expect(sum == whole, "seed \(seed)")
    }
}
