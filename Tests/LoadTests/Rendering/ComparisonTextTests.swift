import CutoverConsole
import Testing

@testable import cutover_load

@Suite struct ComparisonTextTests {
    private func lines(_ before: LoadReport, _ after: LoadReport) -> [String] {
        ComparisonText(style: TextStyle(columns: 100)).lines(Comparison(before: before, after: after))
    }

    @Test func whatChangedIsToldAsRatioAndPercent() {
        let before = Reports.report(latenciesNs: Array(repeating: 1_000_000, count: 100), title: "before")
        let after = Reports.report(latenciesNs: Array(repeating: 1_500_000, count: 200), title: "after")
        #expect(
            lines(before, after) == [
                "Before  before",
                "After   after",
                "",
                "OPERATION  WHAT         BEFORE    AFTER  RATIO  CHANGE",
                "all        throughput    100/s    200/s   2.00  +100 %",
                "echo       p50         1.00 ms  1.50 ms   1.50   +50 %",
                "           p90         1.00 ms  1.50 ms   1.50   +50 %",
                "           p99         1.00 ms  1.50 ms   1.50   +50 %",
                "           p99.9       1.00 ms  1.50 ms   1.50   +50 %",
                "           p99.99      1.00 ms  1.50 ms   1.50   +50 %",
                "           max         1.00 ms  1.50 ms   1.50   +50 %",
            ])
    }

    @Test func aSmallChangeIsNoNews() {
        let before = Reports.report(latenciesNs: [1_000_000])
        let after = Reports.report(latenciesNs: [1_040_000])
        #expect(lines(before, after).allSatisfy { !$0.contains("%") })
    }

    @Test func otherTermsAreNamed() {
        var after = Reports.report(latenciesNs: [1])
        after.terms.usesTLS = true
        #expect(
            lines(Reports.report(latenciesNs: [1]), after).suffix(2) == [
                "The two runs were not asked to do the same:", "  TLS: no before, yes after",
            ])
    }
}
