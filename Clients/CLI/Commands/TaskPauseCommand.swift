import ArgumentParser
import CutoverConsole
import CutoverModel

struct TaskPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Hold running tasks; they keep their position.")

    @Argument(help: "Ids of the tasks.")
    var ids: [String]

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let status = try await session.forEach(ids) { id in
                try TaskLine.print(try await session.client.pauseTask(id), session, output.format)
                return .ok
            }
            try status.exitUnlessOK()
        }
    }
}
