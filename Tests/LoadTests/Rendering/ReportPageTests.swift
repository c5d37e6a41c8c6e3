import CutoverConsole
import Foundation
import Testing

@testable import cutover_load

@Suite struct ReportPageTests {
    private func page(_ reports: LoadReport...) -> String {
        ReportPage(reports: reports, nowMs: 1_700_000_000_000).text
    }

    @Test func nothingIsLoadedAndNothingRuns() {
        let text = page(Reports.report(latenciesNs: [1_000, 2_000]))
        #expect(!text.contains("<script"))
        #expect(!text.contains("http://") && !text.contains("https://"))
        #expect(!text.contains(" src=") && !text.contains("url("))
        #expect(text.contains("default-src 'none'"))
    }

    @Test func textFromOutsideStaysText() {
        var report = Reports.report(latenciesNs: [1_000], title: "<script>alert(1)</script>")
        report.server = "unix:/a\"onload=\"x"
        report.notes = ["<img src=x>"]
        report.operations[0].name = "<b>echo</b>"
        report.terms.mix[0].operation = "<b>echo</b>"
        report.operations[0].failures = [.init(failure: CallFailure(status: "<i>", reason: "</td>"), calls: 1)]
        for text in [page(report), page(report, report)] {
            #expect(!text.contains("<script") && !text.contains("<img") && !text.contains("<b>echo"))
            #expect(!text.contains("<i>") && !text.contains("\"onload"))
            #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        }
    }

    @Test func threePlotsAreDrawn() {
        let text = page(Reports.report(latenciesNs: (1...1_000).map { $0 * 1_000 }))
        #expect(text.components(separatedBy: "<svg").count == 4)
        #expect(text.contains("99.9%"))
        #expect(text.contains("asked for"))
    }

    @Test func twoReportsAreComparedAndPlottedTogether() {
        let text = page(
            Reports.report(latenciesNs: Array(repeating: 1_000_000, count: 100), title: "before"),
            Reports.report(latenciesNs: Array(repeating: 2_000_000, count: 100), title: "after"))
        #expect(text.contains("before / after"))
        #expect(text.contains(">+100 %<"))
        #expect(text.contains("before: p99") && text.contains("after: p99"))
    }

    @Test func aRunWithoutCallsHasAPageToo() {
        var report = Reports.report(latenciesNs: [])
        report.intervals = []
        #expect(page(report).contains("</html>"))
    }
}
