import CutoverConsole
import Testing

@testable import cutover_load

@Suite struct ReportTextTests {
    private func text(_ report: LoadReport, columns: Int = 80) -> String {
        ReportText(style: TextStyle(columns: columns)).lines(report).joined(separator: "\n")
    }

    @Test func aRunIsToldInWhole() {
        var report = Reports.report(latenciesNs: Array(repeating: 118_000, count: 1_000), title: "echo, before")
        report.startDelay = LatencyHistogram(LatencyHistogram().counts).counts
        #expect(
            text(report) == """
                echo, before

                Server       unix:/run/cutover
                Load         open loop at 1,000/s, 2 connections, 1 s after 2 s, 128 B each
                Calls        1,000
                Throughput   1,000/s of 1,000/s asked for
                Start delay  p50 0, p99 0, max 0: how late this command began its calls

                LATENCY  CALLS     P50     P90     P99   P99.9  P99.99     MAX
                echo     1,000  118 µs  118 µs  118 µs  118 µs  118 µs  118 µs

                Each latency counts from the time at which its call was to be sent, also when it
                was sent later.
                """)
    }

    @Test func aClosedLoopSaysWhatItHides() {
        let closed = text(Reports.report(latenciesNs: [1], rate: nil))
        #expect(closed.contains("coordinated omission"))
        #expect(!text(Reports.report(latenciesNs: [1])).contains("coordinated omission"))
    }

    @Test func failuresAndWhatWasHeldBackAreNamed() {
        var report = Reports.report(latenciesNs: [1])
        var tally = report.operations[0].tally
        tally.countFailure(CallFailure(status: "resource exhausted", reason: "BUSY\u{1B}[2J"), latencyNs: 5_000)
        report.operations[0] = LoadReport.Operation(name: "echo", tally: tally)
        report.heldBack = 12
        report.end = .interrupted
        let text = text(report)
        #expect(text.contains("Calls        2, 1 failed"))
        #expect(text.contains("1  echo: resource exhausted (BUSY?[2J)"))
        #expect(text.contains("echo, failed"))
        #expect(text.contains("12 calls began late at the limit of 10,000 in flight"))
        #expect(text.contains("INTERRUPTED"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func itFitsANarrowTerminal() {
        let lines = text(Reports.report(latenciesNs: [1, 2, 3]), columns: 40).split(separator: "\n")
        #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= 40 })
    }
}
