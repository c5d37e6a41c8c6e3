import ArgumentParser
import CutoverConsole
import CutoverModel

struct TaskConfigureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "configure", abstract: "Give a task its endpoints and databases, and run the pre-check.",
        discussion: """
            The specification replaces the one before. Passwords are never taken on the command line, where other users \
            of the machine can read them.
            """)

    @Argument(help: "Id of the task.")
    var id: String

    @OptionGroup(title: "Specification") var spec: SpecOptions

    @Flag(name: .shortAndLong, help: "Wait until the pre-check has ended, and print what it found.")
    var wait = false

    @Option(name: .customLong("request-id"), help: ArgumentHelp("UUID of this request.", valueName: "uuid"))
    var requestID: String?

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            guard let spec = try spec.load(console: session.console) else {
                throw UsageProblem("Nothing to configure: give --spec or options such as --source-host and --database.")
            }
            let task = try await session.client.configureTask(id, spec: spec, requestID: requestID)
            guard wait else {
                try session.print(task, as: output.format) { style in
                    ["Task \(task.id)  \(style.paint(TaskListRenderer.statusText(task), task.ink))"]
                }
                return
            }
            try await TaskWait(session: session, format: output.format).untilChecked(task.id)
        }
    }
}
