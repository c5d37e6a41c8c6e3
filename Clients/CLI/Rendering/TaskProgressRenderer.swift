import CutoverConsole
import CutoverModel

/// Lines for a task that runs: how far it has come, how fast, and how long it will still take.
struct TaskProgressRenderer: Sendable {
    var style: TextStyle

    /// The line that is drawn over itself: a bar for the copy, what is left for the changes.
    func liveLine(_ task: MigrationTask) -> String {
        let name = TextWidth.cut(TextWidth.harmless(task.name), to: 20, style: style)
        var text = "\(name)  \(TaskListRenderer.statusText(task))"
        let detail = detail(task, barWidth: 16)
        if !detail.isEmpty { text += "  \(detail)" }
        if let blocker = task.progress?.blocker, !blocker.isEmpty { text += "  \(TextWidth.harmless(blocker))" }
        return TextWidth.cut(text, to: style.columns, style: style)
    }

    /// How far a task has come, in the terms of its status; empty where there is nothing to tell.
    ///
    /// - Parameter barWidth: Columns of the copy's bar; 0 for none.
    func detail(_ task: MigrationTask, barWidth: Int) -> String {
        guard let progress = task.progress else { return "" }
        var parts: [String] = []
        switch task.status {
        case .fullMigration: parts = copyingParts(progress, barWidth: barWidth)
        case .incrementalMigration, .stopping: parts = Self.followingParts(progress)
        default: return ""
        }
        if progress.etaMs > 0 {
            parts.append("about \(DurationFormat.text(ms: max(1000, progress.etaMs / 1000 * 1000))) left")
        }
        return parts.joined(separator: ", ")
    }

    private func copyingParts(_ progress: MigrationProgress, barWidth: Int) -> [String] {
        guard progress.rowsEstimated > 0 else {
            return progress.rowsCopied > 0 ? [CountFormat.phrase(progress.rowsCopied, "row")] : []
        }
        var text = ProgressBar.percent(done: progress.rowsCopied, total: progress.rowsEstimated)
        if barWidth > 0 {
            text =
                ProgressBar(width: barWidth)
                .text(done: progress.rowsCopied, total: progress.rowsEstimated, style: style) + text
        }
        var parts = [String(text.drop { $0 == " " })]
        if progress.rowsPerSecond > 0 { parts.append("\(CountFormat.short(progress.rowsPerSecond)) rows/s") }
        return parts
    }

    /// Lag, backlog and rates of a task that follows changes.
    static func followingParts(_ progress: MigrationProgress) -> [String] {
        var parts = ["lag \(DurationFormat.text(ms: progress.lagMs))"]
        if progress.backlogTransactions > 0 {
            let noun = progress.backlogTransactions == 1 ? "transaction" : "transactions"
            parts.append("\(CountFormat.short(progress.backlogTransactions)) \(noun) behind")
        }
        if progress.transactionsPerSecond > 0 {
            parts.append("\(CountFormat.short(progress.transactionsPerSecond))/s")
        } else if progress.rowsPerSecond > 0 {
            parts.append("\(CountFormat.short(progress.rowsPerSecond)) rows/s")
        }
        return parts
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
