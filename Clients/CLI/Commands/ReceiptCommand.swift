import ArgumentParser
import CutoverConsole
import CutoverModel

struct ReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Show the receipt of a stop, or how far it is.",
        discussion: """
            Shows what was asked, what was done and what is left, with the records of the audit log that attest it: the one \
            that ended the stop, and later ones such as its residue finished. With -o html one page that needs nothing else, \
            to be kept or printed. With --sql only the statements that were left to be run by hand, for the mariadb client.
            """)

    @OptionGroup var stop: StopIdentity

    @Flag(help: "Print only the SQL that was left to be run by hand.")
    var sql = false

    @Option(
        name: [.customShort("o"), .customLong("output"), .customLong("format")],
        help: "Form of the output: table (or text), json, yaml or html.")
    var format = ReceiptFormat.table

    @Option(help: ArgumentHelp("Write to this file, which must not exist yet.", valueName: "path"))
    var file: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        if sql, format != .table { throw ValidationError("--sql prints SQL; it has no other form.") }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let response = try await stop.find(session.client)
            if let file {
                let output = try OutputFile(path: file)
                try output.write(text(response, TextStyle(), session.console.nowMs()))
                try output.finish()
            } else {
                if format == .html, session.console.outputIsTerminal {
                    throw UsageProblem("An HTML page is not for a terminal: name a file by --file, or use a pipe.")
                }
                let console = session.console
                let isTerminal = console.outputIsTerminal
                let text = try text(response, console.outputStyle, console.nowMs(), harmless: isTerminal)
                console.writeOutput(text)
            }
            try (response.latestStop.map { StopVerdict($0).commandStatus } ?? .ok).exitUnlessOK()
        }
    }

    /// - Parameter harmless: A pipe and a file get every byte of the SQL; a terminal must not be steered by it.
    private func text(
        _ response: StopTaskResponse, _ style: TextStyle, _ nowMs: Int64, harmless: Bool = false
    ) throws -> String {
        if sql {
            let lines = response.latestStop.map { ResidueRenderer.lines($0) } ?? []
            return (harmless ? lines.map(TextWidth.harmless) : lines).map { $0 + "\n" }.joined()
        }
        let value = FieldValue.message(response.fields(includingDefaults: true))
        switch format {
        case .table, .text: return ReceiptRenderer(style: style).lines(response).map { $0 + "\n" }.joined()
        case .json: return JSONText().text(value) + "\n"
        case .yaml: return try YAMLText.text(value)
        case .html: return ReceiptPage(response: response, nowMs: nowMs).text
        }
    }
}
