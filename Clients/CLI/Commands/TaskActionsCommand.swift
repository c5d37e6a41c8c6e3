import ArgumentParser
import CutoverConsole

struct TaskActionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "actions", abstract: "Show what may be done to a task now, and why not the rest.")

    @Argument(help: "Id of the task.")
    var id: String

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let response = try await session.client.listActions(id)
            try session.print(response, as: output.format) { ActionsRenderer(style: $0).lines(response) }
        }
    }
}
