import ArgumentParser
import CutoverConsole
import CutoverModel

struct ResidueFinishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish", abstract: "Have the server make what a forced stop left behind at the destination.",
        discussion: """
            Replication is not revived. Each object has its own outcome, and what was done becomes a record of the audit log. \
            It may be repeated: what is there already stays. Exit status \(CommandStatus.failed.rawValue) when an object \
            could not be made.
            """)

    @OptionGroup var stop: StopIdentity

    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason: String

    @Option(
        name: .customLong("request-id"),
        help: ArgumentHelp("UUID of the request, to repeat one whose answer was lost.", valueName: "uuid"))
    var requestID = ""

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// What the server is given at least, in milliseconds: it opens connections and runs a statement for each object.
    private static let leastTimeoutMs: UInt32 = 120_000

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let found = try await stop.find(session.client)
            guard let identity = found.latestStop?.id else { throw UsageProblem("The task has no stop.") }
            let timeoutMs = connection.timeout.ms
            let response = try await session.client.finishResidue(
                FinishResidueRequest(stopId: identity, reason: reason, requestId: requestID),
                timeoutMs: timeoutMs == 0 ? 0 : max(Self.leastTimeoutMs, timeoutMs))
            let finished = response.latestStop ?? Stop()
            try session.print(response, as: output.format) { ResidueSummaryRenderer(style: $0).finishedLines(finished) }
            if finished.residue.contains(where: { $0.result == .failed }) { try CommandStatus.failed.exitUnlessOK() }
        }
    }
}
