import Testing

@testable import cutover_load

@Suite struct LoadReportMergingTests {
    @Test func callsOfAllProcessesAreInOneHistogram() throws {
        let fast = Reports.report(latenciesNs: Array(repeating: 1_000_000, count: 90), startedAtMs: 1_000)
        let slow = Reports.report(latenciesNs: Array(repeating: 100_000_000, count: 10), startedAtMs: 1_002)
        let merged = try #require(LoadReport.merging([slow, fast]))
        let latency = merged.combinedLatency
        #expect(latency.count == 100)
        // Averaging the two p99 would give 50 ms.
        #expect(latency.ns(atPercentile: 90) <= 1_001_000)
        #expect(latency.ns(atPercentile: 99) >= 99_900_000)
        #expect(merged.operations.first?.summary == LatencySummary(latency))
        #expect(merged.processes == 2)
        #expect(merged.startedAtMs == 1_000)
        #expect(merged.terms.connections == 4)
        #expect(merged.terms.rate == 2_000)
        #expect(merged.throughput == 100)
    }

    @Test func intervalsOfTheSameTimeAreOne() throws {
        var first = Reports.report(latenciesNs: [1_000], startedAtMs: 1_000)
        var second = Reports.report(latenciesNs: [1_000], startedAtMs: 2_003)
        first.intervals = [Reports.interval(0, ended: 5), Reports.interval(1, ended: 6, failed: 1)]
        second.intervals = [Reports.interval(0, ended: 10), Reports.interval(1, ended: 20)]
        let merged = try #require(LoadReport.merging([first, second]))
        #expect(merged.intervals.map(\.ended) == [5, 16, 20])
        #expect(merged.intervals.map(\.failed) == [0, 1, 0])
        #expect(merged.intervals.map(\.startNs) == [0, 1_000_000_000, 2_000_000_000])
    }

    @Test func failuresAddUpByTheirReason() throws {
        var first = Reports.report(latenciesNs: [1_000], startedAtMs: 0)
        let busy = CallFailure(status: "resource exhausted", reason: "BUSY")
        first.operations[0].failures = [.init(failure: busy, calls: 3)]
        first.operations[0].failedLatency = LatencyHistogram().counts
        let merged = try #require(LoadReport.merging([first, first]))
        #expect(merged.operations[0].failures == [.init(failure: busy, calls: 6)])
        #expect(merged.failed == 6)
    }

    @Test func anEarlyEndOfOneIsThatOfAll() throws {
        var first = Reports.report(latenciesNs: [1], startedAtMs: 0)
        first.end = .interrupted
        let merged = try #require(LoadReport.merging([Reports.report(latenciesNs: [1], startedAtMs: 0), first]))
        #expect(merged.end == .interrupted)
    }

    @Test func oneReportStaysAsItIs() {
        let report = Reports.report(latenciesNs: [1, 2, 3], startedAtMs: 0)
        #expect(LoadReport.merging([report]) == report)
        #expect(LoadReport.merging([]) == nil)
    }

    @Test func otherTermsAreNoted() throws {
        var other = Reports.report(latenciesNs: [1], startedAtMs: 0)
        other.terms.mix = [.init(operation: "get", weight: 1)]
        let merged = try #require(LoadReport.merging([Reports.report(latenciesNs: [1], startedAtMs: 0), other]))
        #expect(merged.notes == ["The merged runs had different terms."])
        #expect(merged.operations.map(\.name) == ["echo"])
    }
}
