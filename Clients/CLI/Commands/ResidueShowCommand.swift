import ArgumentParser
import CutoverConsole
import CutoverModel

struct ResidueShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a forced stop left behind, as SQL to run by hand.",
        discussion: """
            In a pipe it is a script for the mariadb client, every byte as the server has it. Objects that were finished \
            since are left out.
            """)

    @OptionGroup var stop: StopIdentity
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let response = try await stop.find(session.client)
            let found = response.latestStop ?? Stop()
            let open = found.openResidue
            let list = FieldValue.list(open.map { .message($0.fields(includingDefaults: true)) })
            let isTerminal = session.console.outputIsTerminal
            try session.print(list, as: output.format) { _ in
                let lines = ResidueRenderer.lines(open)
                // A pipe gets every byte of the SQL; a terminal must not be steered by it.
                return isTerminal ? lines.map(TextWidth.harmless) : lines
            }
            if output.format == .table {
                session.console.printErrorLines(ResidueSummaryRenderer(style: session.console.errorStyle).lines(found))
            }
        }
    }
}
