import CutoverConsole
import Foundation
import Testing

@testable import cutover_load

@Suite struct ReportFileTests {
    private func parse(_ text: String) throws(UsageProblem) -> LoadReport {
        try ReportFile.parse(Data(text.utf8), name: "a.json")
    }

    @Test func aReportIsReadAsItWasWritten() throws {
        var report = Reports.report(latenciesNs: [1, 1_234_567, 3_600_000_000_000])
        report.operations[0].failures = [.init(failure: .notSent, calls: 2)]
        #expect(try parse(ReportFile.text(report)) == report)
    }

    @Test func programsFindThePercentilesInTheFile() throws {
        let text = try ReportFile.text(Reports.report(latenciesNs: Array(repeating: 5_000, count: 10)))
        #expect(text.contains("\"p99Ns\":50"))
        #expect(text.contains("\"schema\":\"cutover-load/1\""))
    }

    @Test(arguments: [
        ("", "no report"), ("{}", "no report"), ("[1,2]", "no report"),
        (#"{"schema":"cutover-load/2"}"#, "this command reads cutover-load/1"),
        (#"{"schema":"cutover-load/1"}"#, "damaged"),
    ])
    func whatIsNoReportIsRefused(text: String, why: String) throws {
        let problem = #expect(throws: UsageProblem.self) { try parse(text) }
        #expect(problem?.description.contains(why) == true)
        #expect(problem?.description.hasPrefix("a.json") == true)
    }

    @Test(arguments: [
        (#""calls":[1]"#, #""calls":[1,2]"#), (#""calls":[1]"#, #""calls":[18446744073709551615]"#),
        (#""ns":[1000]"#, #""ns":[3600000000001]"#), (#""windowNs":1000000000"#, #""windowNs":18446744073709551615"#),
        (#""connections":2"#, #""connections":-1"#), (#""rate":1000"#, #""rate":0"#),
        (#""endedInWindow":1"#, #""endedInWindow":18446744073709551615"#),
    ])
    func numbersThatCannotBeAreRefused(from: String, to: String) throws {
        let text = try ReportFile.text(Reports.report(latenciesNs: [1_000]))
        let changed = text.replacing(from, with: to)
        #expect(changed != text)
        let problem = #expect(throws: UsageProblem.self) { try parse(changed) }
        #expect(problem?.description.contains("damaged") == true)
    }

    @Test func aFileThatIsNotThereIsNamed() {
        let problem = #expect(throws: UsageProblem.self) { try ReportFile.load("/nonexistent/a.json") }
        #expect(problem?.description == "/nonexistent/a.json: cannot be read: there is no such file")
    }
}
