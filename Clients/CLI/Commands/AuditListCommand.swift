import ArgumentParser
import CutoverConsole
import CutoverModel

struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the records of the audit log.",
        discussion: """
            Shows the latest records that fit, the oldest of them first: stops that ended or were withdrawn, and residue \
            that was finished. What is shown is not verified. With -o json one record a line, its stop decoded.
            """)

    @Option(help: ArgumentHelp("Only records about the task with this id.", valueName: "task"))
    var task: String?

    @Option(help: ArgumentHelp("The most records to show, 1 to 1000.", valueName: "count"))
    var limit = 100

    @Flag(help: "Show all records, however many.")
    var all = false

    @Option(help: ArgumentHelp("Only records after this one.", valueName: "sequence"))
    var after: UInt64 = 0

    @OptionGroup var source: AuditFileOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// The most records that are kept at a time.
    private static let largestPage = 1000

    func validate() throws {
        guard (1...Self.largestPage).contains(limit) else {
            throw ValidationError("--limit is a number from 1 to \(Self.largestPage); --all shows all records.")
        }
    }

    func run() async throws {
        try await AuditSource.run(file: source.file, connection) { source, session in
            var page: [AuditedRecord] = []
            var older: UInt64 = 0
            let start = try await start(source)
            try await source.forEach(afterSequence: start) { item in
                guard case .event(let event) = item, let record = event.record.map(AuditedRecord.init),
                    task == nil || record.receipt.stop?.taskId == task
                else { return }
                page.append(record)
                if all, page.count == Self.largestPage {
                    try print(page, session)
                    page = []
                } else if !all, page.count > limit {
                    page.removeFirst()
                    older += 1
                }
            }
            try print(page, session)
            if older > 0 || start > after {
                session.console.printErrorLines(["There are older records than these \(page.count): --all shows all."])
            }
        }
    }

    /// Where to begin, so that a long log is not read whole for its last records.
    private func start(_ source: AuditSource) async throws -> UInt64 {
        guard !all, task == nil, case .server = source, let head = try await source.head() else { return after }
        return max(after, head.sequence - min(head.sequence, UInt64(limit)))
    }

    private func print(_ records: [AuditedRecord], _ session: ServerSession) throws {
        switch output.format {
        case .table: session.console.printLines(AuditListRenderer(style: session.console.outputStyle).lines(records))
        case .json, .yaml:
            for record in records { try session.printStreamed(record.receipt, as: output.format) { _ in [] } }
        }
    }
}
