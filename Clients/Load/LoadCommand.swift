import ArgumentParser
import CutoverConsole

@main
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover-load",
        abstract: "Load a Cutover server, and measure how it takes that.",
        discussion: """
              cutover-load run --workload echo --rate 20000 --duration 10s
              cutover-load search --workload get --p99 2ms
              cutover-load run --workload get=80,list=15,stop=5 --json after.json --html after.html
              cutover-load compare before.json after.json

            Only servers on this machine are loaded, unless --i-own-this-server is given.

            \(statusTable)

            The environment is that of "cutover": CUTOVER_ADDRESS, CUTOVER_TOKEN_FILE, CUTOVER_CA and the others.
            """,
        version: version,
        subcommands: [
            RunCommand.self, SearchCommand.self, CompareCommand.self, MergeCommand.self, CleanCommand.self,
            DatabasesCommand.self,
        ])

    static let version = "0.1.0"
    static let name = "cutover-load"

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Compare two reports, as the command \"compare\" does.", valueName: "files"))
    var compare: [String] = []

    func run() async throws {
        guard !compare.isEmpty else { throw CleanExit.helpRequest(self) }
        try await LoadSession.run { session in
            guard compare.count == 2 else {
                throw UsageProblem("--compare takes two reports: the one before, the one after")
            }
            try CompareCommand.compare(compare[0], compare[1], html: nil, session)
        }
    }

    private static var statusTable: String {
        let lines: [(CommandStatus, String)] = [
            (.ok, "measured; every call succeeded"), (.internalError, CommandStatus.internalError.words),
            (.rejected, "refused by the server's rules, such as a role that is missing"),
            (.failed, "every call failed, or no rate was sustained"), (.unavailable, CommandStatus.unavailable.words),
            (.partial, "measured; some calls failed"), (.usage, CommandStatus.usage.words),
            (.interrupted, "interrupted; what was measured until then was printed"),
        ]
        return "EXIT STATUS:\n"
            + lines.map { status, words in
                "  \(TextWidth.pad(String(status.rawValue), to: 4, alignment: .right))  \(words)"
            }.joined(separator: "\n")
    }
}
