import ArgumentParser
import CutoverConsole
import CutoverModel

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute the chain of the audit log, and say what is wrong with it.",
        discussion: """
            Reads every record and computes its hash here, not at the server. Finds records that were changed, replaced, \
            renumbered, reordered or repeated or that are missing, and a head that does not fit. Exit status 0: the whole \
            chain is good; \(CommandStatus.unverified.rawValue): it is not; another: it could not be read.
            """)

    @Option(
        help: ArgumentHelp(
            "A record that was noted elsewhere, as SEQUENCE:HASH: it must still be there. A receipt names its own.",
            valueName: "sequence:hash"))
    var head: AuditHeadArgument?

    @OptionGroup var source: AuditFileOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await AuditSource.run(file: source.file, connection) { source, session in
            var walk = AuditWalk(noted: head?.head)
            try await source.forEach { walk.take($0) }
            let report = AuditReport(walk)
            try session.print(report.value, as: output.format) {
                AuditReportRenderer(style: $0).lines(report, noted: head?.head)
            }
            try report.commandStatus.exitUnlessOK()
        }
    }
}
