import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Read and verify the audit log.",
        discussion: """
            Each stop that ended, each that was withdrawn and each residue that was finished is a record. A record holds the \
            SHA-256 of the one before it, so that a changed, missing or reordered record shows. That the whole log was \
            written anew shows by a head that was noted elsewhere: `cutover audit head` prints it.
            """,
        subcommands: [AuditVerifyCommand.self, AuditListCommand.self, AuditHeadCommand.self, AuditExportCommand.self])
}
