import ArgumentParser
import CutoverConsole

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Make one report of those of several processes that ran at the same time.",
        discussion: "Latencies are merged call by call, not averaged; rates add up. One report is shown as it is.")

    @Argument(help: ArgumentHelp("Reports as JSON.", valueName: "files"))
    var files: [String]

    @OptionGroup(title: "Results") var report: ReportOptions

    func run() async throws {
        try await LoadSession.run { session in
            guard files.count <= 1_000 else { throw UsageProblem("1000 reports are the most") }
            var reports: [LoadReport] = []
            for file in files { reports.append(try ReportFile.load(file)) }
            guard var merged = LoadReport.merging(reports) else { throw UsageProblem("no report was given") }
            if let title = report.title { merged.title = title }
            let written = try report.open()
            session.console.printLines(ReportText(style: session.console.outputStyle).lines(merged))
            try written.write(merged, nowMs: session.console.nowMs())
        }
    }
}
