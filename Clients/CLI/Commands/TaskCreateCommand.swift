import ArgumentParser
import CutoverConsole
import CutoverModel

struct TaskCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a task, and configure it at once if a specification is given.",
        discussion: "Prints the id of the new task; with --wait also what the pre-check found.")

    @Argument(help: "Name of the task, for people; need not be unique.")
    var name: String

    @Option(
        name: .customLong("label"), help: ArgumentHelp("Label of the task; may be repeated.", valueName: "key=value"))
    var labels: [LabelArgument] = []

    @OptionGroup(title: "Specification") var spec: SpecOptions

    @Flag(name: .shortAndLong, help: "Wait until the pre-check has ended, and print what it found.")
    var wait = false

    @Option(name: .customLong("request-id"), help: ArgumentHelp("UUID of this request.", valueName: "uuid"))
    var requestID: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let spec = try spec.load(console: session.console)
            let task = try await session.client.createTask(
                named: name, labels: labels.map(\.label), spec: spec, requestID: requestID)
            guard wait, spec != nil else {
                try session.print(task, as: output.format) { style in
                    ["Created task \(task.id)  \(style.paint(TaskListRenderer.statusText(task), task.ink))"]
                }
                return
            }
            try await TaskWait(session: session, format: output.format).untilChecked(task.id)
        }
    }
}
