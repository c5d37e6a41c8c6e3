import CutoverConsole
import Testing

@testable import cutover_load

@Suite struct LiveViewTests {
    private func sample(failures: [CallFailure: UInt64] = [:]) -> RunSample {
        var histogram = LatencyHistogram()
        histogram.record(ns: 999_999_999)
        return RunSample(
            phase: .measuring, elapsedNs: 6_000_000_000, totalNs: 12_000_000_000,
            rates: (0..<200).map { Double($0) * 1_000 }, latest: LatencySummary(histogram),
            total: LatencySummary(histogram), measured: 123_456, failed: failures.values.reduce(0, +),
            failures: failures, inFlight: 123, itemsPerSecond: nil)
    }

    @Test(arguments: [80, 60, 40])
    func itFitsTheTerminal(columns: Int) {
        let failures = Dictionary(
            uniqueKeysWithValues: (0..<10).map {
                (CallFailure(status: String(repeating: "long ", count: 30), reason: "R\($0)"), UInt64($0))
            })
        let view = LiveView(title: String(repeating: "title ", count: 40), style: TextStyle(columns: columns))
        for progress in [
            RunProgress.running(sample(failures: failures)), .preparing(done: 5, total: 10_000), .cleaning(done: 7),
            .finishing,
        ] {
            let lines = view.lines(progress)
            #expect(lines.count <= 22)
            #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= columns }, "\(lines)")
        }
    }

    @Test func itShowsWhereTheRunIs() {
        let lines = LiveView(title: "echo", style: TextStyle()).lines(.running(sample()))
        #expect(lines[1].hasPrefix("Measuring    ████████████████████░"))
        #expect(lines[1].hasSuffix("6 s of 12 s"))
        #expect(lines.contains { $0.hasPrefix("Measured     123,456 calls") })
    }

    @Test func theSparklineIsAsHighAsTheRates() {
        let view = LiveView(title: "", style: TextStyle())
        #expect(view.sparkline([0, 50, 100]) == "▁▅█")
        #expect(view.sparkline([]) == "")
        #expect(view.sparkline([0, 0]) == "")
        #expect(view.sparkline(Array(repeating: 5, count: 300)).count == 48)
    }

    @Test func withoutUnicodeThereIsNone() {
        #expect(LiveView(title: "", style: TextStyle(usesUnicode: false)).sparkline([1, 2]) == "")
    }
}
