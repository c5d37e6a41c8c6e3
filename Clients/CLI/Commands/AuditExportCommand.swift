import ArgumentParser
import CutoverConsole
import CutoverModel
import Foundation

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the audit log to a file, as it is.",
        discussion: """
            One JSON object a line: first {"format":"\(AuditExport.format)"}, then each record with its stop in base64 as it \
            is stored and hashed, last the head. `cutover audit verify --file` reads it. What is wrong with the log is said, \
            and the exit status is that of verify, but everything is exported.
            """)

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("The file to write; it must not exist yet. - is the standard output.", valueName: "path"))
    var file: String

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            var walk = AuditWalk()
            if file == "-" {
                let console = session.console
                try await export(session, &walk) { console.writeOutput($0 + "\n") }
            } else {
                let output = try OutputFile(path: file)
                try await export(session, &walk) { try output.write($0 + "\n") }
                try output.finish()
            }
            let report = AuditReport(walk)
            let lines = AuditReportRenderer(style: session.console.errorStyle).lines(report)
            session.console.printErrorLines(lines)
            try report.commandStatus.exitUnlessOK()
        }
    }

    private func export(
        _ session: ServerSession, _ walk: inout AuditWalk, _ write: (String) throws -> Void
    ) async throws {
        try write(AuditExport.firstLine)
        try await AuditSource.server(session).forEach { item in
            walk.take(item)
            if case .event(let event) = item, let line = AuditExport.line(event) { try write(line) }
        }
    }
}
