import ArgumentParser
import CutoverConsole
import CutoverModel

struct AuditHeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Print the head of the audit log, to be noted elsewhere.",
        discussion: """
            Prints SEQUENCE:HASH, as `cutover audit verify --head` takes it. Nothing is verified. A log that was cut or \
            rewritten later no longer has this record at this place.
            """)

    @OptionGroup var source: AuditFileOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await AuditSource.run(file: source.file, connection) { source, session in
            guard let head = try await source.head() else {
                throw UsageProblem("\(self.source.file ?? "the log"): has no head; the export is not whole")
            }
            try session.print(head, as: output.format) { _ in [AuditHeadArgument(head).text] }
        }
    }
}
