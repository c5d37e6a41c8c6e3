import Testing

@testable import cutover

@Suite struct AgeArgumentTests {
    @Test(
        arguments: [
            ("7d", 604_800_000), ("36500d", 3_153_600_000_000), ("0s", nil), ("40000d", nil), ("7", nil),
        ] as [(String, UInt64?)])
    func ages(text: String, ms: UInt64?) {
        #expect(AgeArgument(argument: text)?.ms == ms)
    }
}
