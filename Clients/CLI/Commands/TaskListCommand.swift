import ArgumentParser
import CutoverConsole
import CutoverModel

struct TaskListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List tasks.")

    @Option(
        name: .customLong("status"),
        help: ArgumentHelp("Only tasks in this status; may be repeated.", valueName: "status"))
    var statuses: [StatusArgument] = []

    @Option(help: ArgumentHelp("Only tasks whose name matches, with * and ?.", valueName: "glob"))
    var name = ""

    @Option(
        name: .customLong("label"),
        help: ArgumentHelp("Only tasks with this label; may be repeated.", valueName: "key=value"))
    var labels: [LabelArgument] = []

    @Option(help: ArgumentHelp("The most tasks to show, 1 to 1000.", valueName: "count"))
    var limit: UInt32 = 100

    @Flag(help: "Show all tasks, however many.")
    var all = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// The size of a page when all are asked for: the largest the server gives.
    private static let largestPage: UInt32 = 1000

    func validate() throws {
        guard (1...Self.largestPage).contains(limit) else {
            throw ValidationError("--limit is a number from 1 to \(Self.largestPage); --all shows all tasks.")
        }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            var request = ListTasksRequest(
                statuses: statuses.map(\.status), nameGlob: name, labels: labels.map(\.label),
                pageSize: all ? Self.largestPage : limit)
            var tasks: [MigrationTask] = []
            repeat {
                let page = try await session.client.listTasks(request)
                tasks += page.tasks
                request.pageToken = page.nextPageToken
            } while all && !request.pageToken.isEmpty
            let list = FieldValue.list(tasks.map { .message($0.fields(includingDefaults: true)) })
            try session.print(list, as: output.format) { TaskListRenderer(style: $0).lines(tasks) }
            if !request.pageToken.isEmpty {
                session.console.printErrorLines(["There are more tasks than these \(tasks.count): --all shows all."])
            }
        }
    }
}
