import TestRandom
import Testing

@testable import CutoverMetrics

/// Names and values of any origin become what Prometheus can read, and stay short.
@Suite struct MetricLabelsTests {
    @Test(arguments: [
        ("a.b-c", "a_b_c"), ("9lives", "_9lives"), ("", "_"), ("ä", "__"), ("ns:x", "ns:x"), ("a{b=\"c\"}", "a_b__c__"),
    ])
    func metricNames(_ text: String, _ name: String) {
        #expect(MetricName.metric(text) == name)
    }

    @Test(arguments: [("le", "exported_le"), ("__name__", "exported___name__"), ("a:b", "a_b"), ("leg", "leg")])
    func labelNames(_ text: String, _ name: String) {
        #expect(MetricName.label(text) == name)
    }

    @Test func valuesAreCutBetweenCharacters() {
        let labels = MetricLabels([("k", String(repeating: "é", count: 100))])
        #expect(labels.text() == "{k=\"\(String(repeating: "é", count: 64))\"}")
        #expect(MetricName.metric(String(repeating: "x", count: 1_000)).utf8.count == MetricName.maxBytes)
    }

    @Test func theFirstOfLabelsWithOneNameStaysAndOrderDoesNotMatter() {
        #expect(MetricLabels([("b", "1"), ("a", "2"), ("b", "3")]) == MetricLabels([("a", "2"), ("b", "1")]))
        #expect(MetricLabels((0..<40).map { ("k\($0)", "v") }).pairs.count == MetricLabels.maxLabels)
    }

    /// Whatever is given, a line stays one line with its quotation marks paired.
    @Test func randomTextStaysInItsLine() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("MetricLabelsTests: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let alphabet = Array("ab\"\\\n\r={},é\u{0}")
        for _ in 0..<2_000 {
            let value = String(
                (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                })
            let text = PrometheusText.render([MetricFamily("m", .gauge, "").with(.count(1), [("k", value)])])
            try #require(text.utf8.count { $0 == UInt8(ascii: "\n") } == 2, "seed \(seed): \(text.debugDescription)")
            var inside = text.dropFirst("# TYPE m gauge\nm{k=\"".count).unicodeScalars[...]
            var isEscaped = false
            while let scalar = inside.popFirst(), isEscaped || scalar != "\"" {
                isEscaped = !isEscaped && scalar == "\\"
            }
            try #require(String(inside) == "} 1\n", "seed \(seed): \(text.debugDescription)")
        }
    }
}
