import Testing

@testable import cutover_load

@Suite struct LatencyFormatTests {
    @Test(
        arguments: [
            (0, "0"), (7, "7 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (1_234, "1.23 µs"), (99_940, "99.9 µs"),
            (118_400, "118 µs"), (999_400, "999 µs"), (999_600, "1.00 ms"), (12_345_678, "12.3 ms"),
            (9_996_000, "10.0 ms"), (1_000_000_000, "1.00 s"), (3_600_000_000_000, "3600 s"),
        ] as [(UInt64, String)])
    func threeDigitsAndAUnit(ns: UInt64, text: String) {
        #expect(LatencyFormat.text(ns) == text)
    }

    @Test func asciiHasNoMicro() {
        #expect(LatencyFormat.text(118_000, usesUnicode: false) == "118 us")
    }

    @Test(
        arguments: [
            ("500us", 500_000), ("500µs", 500_000), ("2ms", 2_000_000), ("1.5ms", 1_500_000), ("1s", 1_000_000_000),
            ("10ns", 10), ("3600s", 3_600_000_000_000), ("", nil), ("2", nil), ("ms", nil), ("-1ms", nil), ("0ms", nil),
            ("3601s", nil), ("1e9s", nil), ("2 ms", nil), ("1.2.3ms", nil), ("1m", nil),
        ] as [(String, UInt64?)])
    func limitsAreRead(text: String, ns: UInt64?) {
        #expect(LatencyFormat.parse(text) == ns)
    }

    @Test(arguments: [(0.5, "0.5/s"), (99.96, "100/s"), (3, "3/s"), (19_998.4, "19,998/s"), (.nan, "-")])
    func rates(rate: Double, text: String) {
        #expect(RateFormat.text(rate) == text)
    }
}
