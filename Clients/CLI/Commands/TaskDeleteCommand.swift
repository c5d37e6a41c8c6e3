import ArgumentParser
import CutoverConsole
import CutoverModel

struct TaskDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove tasks that have ended; their receipts stay.")

    @Argument(help: "Ids of the tasks.")
    var ids: [String]

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let status = try await session.forEach(ids) { id in
                try await session.client.deleteTask(id)
                session.console.printLines(["Deleted task \(TextWidth.harmless(id))"])
                return .ok
            }
            try status.exitUnlessOK()
        }
    }
}
