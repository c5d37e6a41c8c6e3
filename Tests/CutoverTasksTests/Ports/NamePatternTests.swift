import CutoverTasks
import Testing

@Suite struct NamePatternTests {
    @Test(arguments: [
        ("", "anything"), ("*", ""), ("a*c", "abbbc"), ("a*c", "ac"), ("*b*b*", "abab"), ("?", "\u{e9}"),
        ("[a]", "[a]"),
        ("a**", "a"),
    ])
    func matches(_ pattern: String, _ name: String) { #expect(NamePattern(pattern).matches(name)) }

    @Test(arguments: [("a", ""), ("a*c", "abcd"), ("?", ""), ("?", "ab"), ("[a]", "a"), ("A", "a"), ("*x", "y")])
    func doesNotMatch(_ pattern: String, _ name: String) { #expect(!NamePattern(pattern).matches(name)) }
}
