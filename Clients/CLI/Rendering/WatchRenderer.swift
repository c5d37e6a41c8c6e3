import CutoverModel

/// Lines of `cutover watch`: one for each change.
struct WatchRenderer: Sendable {
    var style: TextStyle

    /// From so many columns on there is room for the id of a task beside its change.
    private static let columnsForID = 120

    /// The line for a message; nil when it shows nothing.
    func line(_ event: WatchEvent, nowMs: Int64) -> String? {
        switch event.kind {
        case .relist:
            let text = "Changes were missed that the server no longer keeps; each task follows as it stands."
            return "\(TimeFormat.clock(ms: nowMs))  \(style.paint(text, .yellow))"
        case .presentEnd:
            let text = "So it stands at revision \(event.revision); changes follow."
            return "\(TimeFormat.clock(ms: nowMs))  \(style.paint(text, .dim))"
        default: break
        }
        guard let change = event.event else { return stateLine(event, nowMs: nowMs) }
        if !change.batchId.isEmpty { return batchLine(change, event.batch) }
        var text = "\(TimeFormat.clock(ms: change.atMs))  \(subject(event, always: false))  "
        if change.from == change.to || change.from == .unspecified {
            text += style.paint(change.to.name, change.to.ink)
        } else {
            text += "\(change.from.name) \(style.arrow) \(style.paint(change.to.name, change.to.ink))"
        }
        text += doing(change)
        if let trouble = event.task.flatMap({ Self.trouble($0, event.stop) }) {
            text += ": " + style.paint(TextWidth.harmless(trouble.text), trouble.ink)
        }
        return text
    }

    private func doing(_ change: TaskEvent) -> String {
        var text = ""
        if !change.action.isEmpty { text += "  \(TextWidth.harmless(change.action))" }
        if !change.actor.isEmpty { text += " by \(TextWidth.harmless(change.actor))" }
        return text
    }

    /// The name of a task and, where there is room, its id.
    private func subject(_ event: WatchEvent, always: Bool) -> String {
        let id = TextWidth.harmless(event.taskId.isEmpty ? event.task?.id ?? "" : event.taskId)
        let name = TextWidth.harmless(event.task?.name ?? "")
        if name.isEmpty { return id }
        guard always || style.columns >= Self.columnsForID else { return style.paint(name, .bold) }
        return "\(style.paint(name, .bold))  \(style.paint(id, .dim))"
    }

    /// A task as it stands, or its progress.
    private func stateLine(_ event: WatchEvent, nowMs: Int64) -> String? {
        guard let task = event.task else { return nil }
        let isProgress = event.kind == .progress
        var text = "\(TimeFormat.clock(ms: nowMs))  \(subject(event, always: !isProgress))  "
        text += style.paint(TaskListRenderer.statusText(task), task.ink)
        if let stop = event.stop, task.status == .stopping, !stop.hasEnded { text += " \(stop.phase.words)" }
        let detail = TaskProgressRenderer(style: style).detail(task, barWidth: 0)
        if !detail.isEmpty { text += "  \(detail)" }
        if let trouble = Self.trouble(task, event.stop) {
            text += ": " + style.paint(TextWidth.harmless(trouble.text), trouble.ink)
        }
        return text
    }

    private func batchLine(_ change: TaskEvent, _ batch: StopBatch?) -> String {
        let id = TextWidth.harmless(change.batchId)
        var text = "\(TimeFormat.clock(ms: change.atMs))  batch \(style.paint(id, .dim))\(doing(change))"
        if let batch {
            text += "  \(style.paint(batch.state.name, batch.state.ink))"
            if let summary = batch.summary { text += "  \(BatchRenderer(style: style).line(summary))" }
        }
        return text
    }

    /// What holds a task up, or why it failed; nil when all is well.
    static func trouble(_ task: MigrationTask, _ stop: Stop?) -> (text: String, ink: Ink)? {
        if task.status == .stopping, let stop, !stop.hasEnded, !stop.blocker.isEmpty { return (stop.blocker, .yellow) }
        switch task.status {
        case .createFailed, .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .stopFailed,
            .faultRectification:
            if let failure = task.failure { return ("\(failure.code): \(failure.message)", .red) }
        default: break
        }
        guard let blocker = task.progress?.blocker, !blocker.isEmpty else { return nil }
        return (blocker, .yellow)
    }
}
