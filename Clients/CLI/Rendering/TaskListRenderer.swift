import CutoverConsole
import CutoverModel

/// The table of `cutover task list`.
struct TaskListRenderer: Sendable {
    var style: TextStyle

    func lines(_ tasks: [MigrationTask]) -> [String] {
        guard !tasks.isEmpty else { return ["No tasks."] }
        var table = TextTable([
            .init(title: "ID"),
            .init(title: "NAME", isFlexible: true),
            .init(title: "STATUS"),
            .init(title: "DONE", alignment: .right, rank: 2),
            .init(title: "LAG", alignment: .right, rank: 1),
            .init(title: "LABELS", rank: 4),
            .init(title: "CREATED", rank: 3),
        ])
        for task in tasks {
            let labels = task.labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
            table.rows.append([
                .init(task.id),
                .init(task.name),
                .init(Self.statusText(task), task.ink),
                .init(Self.copyText(task)),
                .init(Self.lagText(task)),
                .init(labels),
                .init(TimeFormat.text(ms: task.createdAtMs), .dim),
            ])
        }
        return table.lines(style: style)
    }

    /// The status, with what the flags of the task add to it.
    static func statusText(_ task: MigrationTask) -> String {
        if task.configurationFailed { return "\(task.status.name) (failed)" }
        if task.configurationRunning { return "\(task.status.name) (checking)" }
        return task.status.name
    }

    /// How much of the full copy is done, while that is what the task does.
    static func copyText(_ task: MigrationTask) -> String {
        guard let progress = task.progress, progress.rowsEstimated > 0, task.status == .fullMigration else { return "" }
        let percent = ProgressBar.percent(done: progress.rowsCopied, total: progress.rowsEstimated)
        return String(percent.drop { $0 == " " })
    }

    /// How far the destination is behind, while that means something.
    static func lagText(_ task: MigrationTask) -> String {
        guard let progress = task.progress, task.status == .incrementalMigration else { return "" }
        return DurationFormat.text(ms: progress.lagMs)
    }
}

extension MigrationTask {
    /// The colour of the task's status; a failed configuration is a failure although the status does not say so.
    var ink: Ink { configurationFailed ? .red : status.ink }
}
