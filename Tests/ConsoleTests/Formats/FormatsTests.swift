import Testing

@testable import CutoverConsole

@Suite struct FormatsTests {
    @Test(
        arguments: [
            (0, "0 s"), (412, "412 ms"), (1000, "1 s"), (4_249, "4.2 s"), (59_999, "59.9 s"), (60_000, "1 m 00 s"),
            (185_000, "3 m 05 s"), (7_440_000, "2 h 04 m"), (86_400_000, "1 d 00 h"), (273_600_000, "3 d 04 h"),
        ] as [(UInt64, String)])
    func durations(ms: UInt64, text: String) {
        #expect(DurationFormat.text(ms: ms) == text)
    }

    @Test func aDurationNeedsBothEnds() {
        #expect(DurationFormat.text(fromMs: 1000, toMs: 3000) == "2 s")
        #expect(DurationFormat.text(fromMs: 0, toMs: 3000) == nil)
        #expect(DurationFormat.text(fromMs: 3000, toMs: 1000) == nil)
    }

    @Test(
        arguments: [
            (0, "0", "0"), (999, "999", "999"), (1000, "1,000", "1.0k"), (12_345, "12,345", "12.3k"),
            (123_456, "123,456", "123k"), (4_560_000, "4,560,000", "4.5M"),
            (.max, "18,446,744,073,709,551,615", "18446744T"),
        ] as [(UInt64, String, String)])
    func counts(count: UInt64, grouped: String, short: String) {
        #expect(CountFormat.grouped(count) == grouped)
        #expect(CountFormat.short(count) == short)
    }

    @Test func phrases() {
        #expect(CountFormat.phrase(1, "trigger") == "1 trigger")
        #expect(CountFormat.phrase(0, "trigger") == "0 triggers")
        #expect(CountFormat.phrase(2, "entry", "entries") == "2 entries")
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_610_612_736, "1.5 GiB"), (1 << 41, "2.0 TiB"),
        ] as [(UInt64, String)])
    func bytes(bytes: UInt64, text: String) {
        #expect(ByteFormat.text(bytes) == text)
    }

    @Test(
        arguments: [
            ("8388608", 8_388_608), ("8MiB", 8_388_608), ("8M", 8_388_608), ("64 KiB", 65_536), ("1g", 1 << 30),
            ("", nil), ("MiB", nil), ("8 apples", nil), ("-1", nil), ("1.5M", nil), ("99999999999999999999", nil),
            ("18446744073709551615K", nil),
        ] as [(String, UInt64?)])
    func byteArguments(text: String, bytes: UInt64?) {
        #expect(ByteFormat.parse(text) == bytes)
    }

    @Test(
        arguments: [
            ("500ms", 500), ("90s", 90_000), ("10m", 600_000), ("1h30m", 5_400_000), ("2d", 172_800_000),
            ("", nil), ("10", nil), ("m", nil), ("10x", nil), ("1.5h", nil), ("50d", nil), ("-5s", nil),
            ("99999999999999999999s", nil),
        ] as [(String, UInt32?)])
    func durationArguments(text: String, ms: UInt32?) {
        #expect(DurationArgument(argument: text)?.ms == ms)
    }

    @Test(
        arguments: [
            (1_795_417_204_000, "2026-11-23 07:00:04 UTC"), (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (1, "1970-01-01 00:00:00 UTC"), (4_102_444_799_999, "2099-12-31 23:59:59 UTC"), (0, "-"), (-5, "-"),
        ] as [(Int64, String)])
    func times(ms: Int64, text: String) {
        #expect(TimeFormat.text(ms: ms) == text)
    }

    @Test(
        arguments: [
            ("2026-11-23T07:00:04Z", 1_795_417_204_000), ("2026-11-23 07:00:04z", 1_795_417_204_000),
            ("2026-11-23T00:00:04.5-07:00", 1_795_417_204_500), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2026-11-23t07:00:04.123456789+00:00", 1_795_417_204_123),
            ("1795417204", 1_795_417_204_000), ("1795417204123", 1_795_417_204_123), ("1", 1000),
            ("", nil), ("0", nil), ("-5", nil), ("999999999999999", nil), ("2026-11-23T07:00:04", nil),
            ("2026-11-23", nil), ("2026-02-29T00:00:00Z", nil), ("2026-13-01T00:00:00Z", nil),
            ("2026-11-23T24:00:00Z", nil), ("2026-11-23T07:60:00Z", nil), ("2026-11-23T07:00:60Z", nil),
            ("2026-11-23T07:00:04+24:00", nil), ("1969-12-31T23:59:59Z", nil), ("1970-01-01T00:00:00+01:00", nil),
            ("２０２６-11-23T07:00:04Z", nil),
        ] as [(String, Int64?)])
    func timesAreRead(text: String, ms: Int64?) {
        #expect(TimeFormat.parse(text) == ms)
    }

    @Test func whatIsWrittenIsRead() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let ms = Int64.random(in: 1...4_102_444_799, using: &generator) * 1000
            let text = TimeFormat.text(ms: ms).replacing(" UTC", with: "Z")
            #expect(TimeFormat.parse(text) == ms, "\(ms)")
        }
    }
}
