import ArgumentParser
import CutoverConsole

/// Where results go, beside the text on the standard output.
struct ReportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Write the results as JSON too; reports can be merged and compared.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var json: String?

    @Option(
        help: ArgumentHelp("Write the results as a page with plots too.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?

    @Option(help: ArgumentHelp("What to call the run in its report.", valueName: "text"))
    var title: String?

    /// The files, begun before the run so that one that cannot be written is known before it.
    func open() throws(UsageProblem) -> Files {
        Files(json: try json.map(OutputFile.init(path:)), html: try html.map(OutputFile.init(path:)))
    }

    struct Files {
        var json: OutputFile?
        var html: OutputFile?

        func write(_ report: LoadReport, nowMs: Int64) throws {
            if let json {
                try json.write(ReportFile.text(report))
                try json.finish()
            }
            if let html {
                try html.write(ReportPage(reports: [report], nowMs: nowMs).text)
                try html.finish()
            }
        }
    }
}
