import ArgumentParser
import CutoverConsole
import CutoverModel

struct TaskShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show tasks with their specification, pre-check and progress.")

    @Argument(help: "Ids of the tasks.")
    var ids: [String]

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            var tasks: [MigrationTask] = []
            let status = try await session.forEach(ids) { id in
                tasks.append(try await session.client.getTask(id))
                return .ok
            }
            // One id gives a document, several give a list.
            let values = tasks.map { FieldValue.message($0.fields(includingDefaults: true)) }
            if let value = ids.count == 1 ? values.first : .list(values) {
                try session.print(value, as: output.format) { style in
                    let renderer = TaskDetailRenderer(style: style)
                    return Array(tasks.map { renderer.lines($0) }.joined(separator: [""]))
                }
            }
            try status.exitUnlessOK()
        }
    }
}
