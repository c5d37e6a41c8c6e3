import Testing

@testable import CutoverMetrics

@Suite struct MetricFamilyTests {
    @Test func whatIsBeyondTheCapIsAddedUpInOneSeries() {
        var family = MetricFamily("calls_total", .counter, "")
        for index in 0..<(MetricFamily.maxSeries + 500) { family.add(.count(2), [("method", "m\(index)")]) }
        #expect(family.series.count == MetricFamily.maxSeries + 1)
        #expect(family.series[.overflow] == .count(1_000))
        family.add(.count(5), [("method", "m7")])
        #expect(family.series[MetricLabels([("method", "m7")])] == .count(7), "one that has a series keeps it")
    }

    @Test func histogramsAreAddedUpBucketByBucket() {
        var left = MetricHistogram(bounds: [1, 2])
        for value in [0.5, 1, 1.5, 9, .nan, .infinity] { left.observe(value) }
        #expect(left.counts == [2, 1, 2] && left.count == 5)
        let right = MetricHistogram(bounds: [1, 2], counts: [1, 1, 1, 99], sum: 4)
        #expect(right.counts == [1, 1, 1])
        #expect(right.merged(with: right).counts == [2, 2, 2] && right.merged(with: right).sum == 8)
        #expect(right.merged(with: MetricHistogram(bounds: [3])) == right)
    }
}
