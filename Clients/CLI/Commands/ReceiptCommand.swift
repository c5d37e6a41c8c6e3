import ArgumentParser
import CutoverClient
import CutoverModel

struct ReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Show the receipt of a stop, or how far it is.",
        discussion: "With --sql only the statements that were left to be run by hand, for the mariadb client.")

    @Argument(help: "Id of a task or of a stop.")
    var id: String

    @Flag(help: "Print only the SQL that was left to be run by hand.")
    var sql = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let response = try await Self.find(id, session.client)
            let stop = response.receipt?.stop ?? response.stop
            if sql, let stop {
                let lines = ResidueRenderer.lines(stop)
                // A pipe gets every byte of the SQL; a terminal must not be steered by it.
                session.console.printLines(session.console.outputIsTerminal ? lines.map(TextWidth.harmless) : lines)
            } else {
                try session.print(response, as: output.format) { ReceiptRenderer(style: $0).lines(response) }
            }
            try (stop.map { StopVerdict($0).commandStatus } ?? .ok).exitUnlessOK()
        }
    }

    /// The stop of the task with this id; if there is none, the stop with this id.
    private static func find(_ id: String, _ client: CutoverClient) async throws -> StopTaskResponse {
        let first: CutoverError
        do {
            return try await client.getStop(taskID: id)
        } catch {
            first = error
        }
        guard first.code == .notFound else { throw first }
        do {
            return try await client.getStop(stopID: id)
        } catch {
            // About a task the server says more: whether it is unknown or only has no stop.
            throw error.code == .notFound ? first : error
        }
    }
}
