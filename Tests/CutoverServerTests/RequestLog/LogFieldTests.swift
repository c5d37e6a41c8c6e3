@testable import CutoverServer
import Testing

@Suite struct LogFieldTests {
    @Test(arguments: [
        ("spiffe://example/batch", "spiffe://example/batch"), ("[::1]:7450", "[::1]:7450"), ("", "-"),
        ("a b", "a%20b"), ("a\nstatus=OK", "a%0Astatus%3DOK"), ("100%", "100%25"), ("\u{1B}[31m", "%1B[31m"),
        ("é\"\\", "%C3%A9%22%5C"), ("\u{0}", "%00"),
    ])
    func whatIsNotPlainIsEncoded(_ text: String, _ field: String) {
        #expect(LogField.text(text) == field)
    }

    @Test func longTextIsCut() {
        #expect(LogField.text(String(repeating: "a", count: 128)) == String(repeating: "a", count: 128))
        #expect(LogField.text(String(repeating: "a", count: 129)) == String(repeating: "a", count: 128) + "...")
        let encoded = LogField.text(String(repeating: "\n", count: 10_000))
        #expect(encoded == String(repeating: "%0A", count: 42) + "...", "no byte is cut in two")
    }
}
