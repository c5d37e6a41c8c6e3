import ArgumentParser
import CutoverConsole

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show what changed between two reports.")

    @Argument(help: "The report before, as JSON.")
    var before: String

    @Argument(help: "The report after.")
    var after: String

    @Option(help: ArgumentHelp("Write a page with both plotted too.", valueName: "file"), completion: .file())
    var html: String?

    func run() async throws {
        try await LoadSession.run { session in
            try Self.compare(before, after, html: html, session)
        }
    }

    static func compare(_ before: String, _ after: String, html: String?, _ session: LoadSession) throws {
        let reports = [try ReportFile.load(before), try ReportFile.load(after)]
        let page = try html.map(OutputFile.init(path:))
        let comparison = Comparison(before: reports[0], after: reports[1])
        session.console.printLines(ComparisonText(style: session.console.outputStyle).lines(comparison))
        if let page {
            try page.write(ReportPage(reports: reports, nowMs: session.console.nowMs()).text)
            try page.finish()
        }
    }
}
