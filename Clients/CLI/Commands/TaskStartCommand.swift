import ArgumentParser
import CutoverConsole
import CutoverModel

struct TaskStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start configured tasks.")

    @Argument(help: "Ids of the tasks.")
    var ids: [String]

    @Flag(
        name: .shortAndLong, help: "Wait until the tasks follow changes, or have completed; show the copy's progress.")
    var wait = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let waiting = TaskWait(session: session, format: output.format)
            let status = try await session.forEach(ids) { id in
                let task = try await session.client.startTask(id)
                if wait { return try await waiting.untilRunning(task.id) }
                try TaskLine.print(task, session, output.format)
                return .ok
            }
            try status.exitUnlessOK()
        }
    }
}
