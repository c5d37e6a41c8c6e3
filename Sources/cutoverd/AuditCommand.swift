import ArgumentParser
import CutoverServer
import Foundation

/// `cutoverd audit`: the audit log at the machine of the store, while the server is stopped.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Examine the audit log of a stopped server.", subcommands: [AuditVerify.self])
}

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Find changed, missing and reordered records of the audit log.",
        discussion: """
            Exits with 0 when the log is whole, 1 when it is not, 2 when it could not be examined. The server must be \
            stopped; "cutover audit verify" asks one that runs.
            """)

    @OptionGroup var options: SettingOptions

    @Option(
        help: "The end of the log as it was kept elsewhere, SEQUENCE:HASH; finds a log that was cut off or made anew.")
    var head: String?

    func run() async throws {
        let configuration = try loadOrExit(options)
        let audit: StoredAudit
        do {
            audit = try await StoredAudit.verify(configuration, known: try head.map(AuditHeadText.parse))
        } catch {
            exitWith(StartFailure.describe(error), code: 2)
        }
        if let problem = audit.problem {
            print("The audit log is NOT whole: \(problem). \(audit.records) records before that are good.")
            throw ExitCode(1)
        }
        print("The audit log is whole: \(audit.records) records.")
        if audit.records > 0 { print("Head: \(AuditHeadText.text(audit.head))") }
    }
}
