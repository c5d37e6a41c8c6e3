@testable import CutoverServer
import Testing

/// The examples and the rules of W3C Trace Context, "traceparent Header".
@Suite struct TraceParentTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    @Test(arguments: ["00-\(trace)-00f067aa0ba902b7-01", "cc-\(trace)-00f067aa0ba902b7-00-what-the-future-brings"])
    func valid(_ text: String) {
        #expect(TraceParent(Array(text.utf8))?.traceID == Self.trace)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-00f067aa0ba902b7", "00-\(trace)-00f067aa0ba902b7-1", "ff-\(trace)-00f067aa0ba902b7-01",
        "00-\(trace)-00f067aa0ba902b7-01-more", "00-\(trace)-00f067aa0ba902b7-01x", "00-\(trace)-0000000000000000-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-\(trace.uppercased())-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01", "00_\(trace)-00f067aa0ba902b7-01",
        "01-\(trace)-00f067aa0ba902b7-01-\(String(repeating: "x", count: 500))",
    ])
    func invalid(_ text: String) {
        #expect(TraceParent(Array(text.utf8)) == nil)
    }
}
