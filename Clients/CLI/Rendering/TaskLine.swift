import CutoverConsole
import CutoverModel

/// The line that answers an action on a task.
enum TaskLine {
    static func text(_ task: MigrationTask, style: TextStyle) -> String {
        let name = style.paint(TextWidth.harmless(task.name), .bold)
        return "\(name)  \(task.id)  \(style.paint(TaskListRenderer.statusText(task), task.ink))"
    }

    static func print(_ task: MigrationTask, _ session: ServerSession, _ format: OutputFormat) throws {
        try session.print(task, as: format) { [text(task, style: $0)] }
    }
}
