import CutoverModel

/// Lines for a task on its way to following changes.
struct TaskProgressRenderer: Sendable {
    var style: TextStyle

    /// The line that is drawn over itself: a bar for the copy, the lag for the changes.
    func liveLine(_ task: MigrationTask) -> String {
        let name = TextWidth.cut(TextWidth.harmless(task.name), to: 20, style: style)
        let status = TaskListRenderer.statusText(task)
        var text = "\(name)  \(status)"
        guard let progress = task.progress else { return text }
        if task.status == .fullMigration, progress.rowsEstimated > 0 {
            let bar = ProgressBar(width: 16).text(
                done: progress.rowsCopied, total: progress.rowsEstimated, style: style)
            text += "  \(bar)\(ProgressBar.percent(done: progress.rowsCopied, total: progress.rowsEstimated))"
            if progress.rowsPerSecond > 0 { text += "  \(CountFormat.short(progress.rowsPerSecond)) rows/s" }
        }
        if task.status == .incrementalMigration { text += "  lag \(DurationFormat.text(ms: progress.lagMs))" }
        if !progress.blocker.isEmpty { text += "  \(TextWidth.harmless(progress.blocker))" }
        return TextWidth.cut(text, to: style.columns, style: style)
    }

    /// The line printed where nothing can be drawn over: it changes with the status and each tenth of the copy.
    func plainLine(_ task: MigrationTask) -> String {
        var text = "\(TextWidth.harmless(task.name))  \(TaskListRenderer.statusText(task))"
        if task.status == .fullMigration, let progress = task.progress, progress.rowsEstimated > 0 {
            let tenths = min(9, progress.rowsCopied * 10 / progress.rowsEstimated)
            text += "  \(tenths)0%"
        }
        return text
    }
}
