import CutoverModel

/// Lines of `cutover watch`: one for each change.
struct WatchRenderer: Sendable {
    var style: TextStyle

    /// The line for a message; nil when it shows nothing, as pure progress does in the plain view.
    func line(_ event: WatchEvent, nowMs: Int64) -> String? {
        let task = event.task
        let id = event.taskId.isEmpty ? task?.id ?? "" : event.taskId
        let name = TextWidth.harmless(task?.name ?? "")
        let subject = name.isEmpty ? id : "\(style.paint(name, .bold))  \(style.paint(id, .dim))"
        guard let change = event.event else { return stateLine(event, subject: subject, nowMs: nowMs) }
        var text = "\(TimeFormat.clock(ms: change.atMs))  \(subject)  "
        if change.from == change.to || change.from == .unspecified {
            text += style.paint(change.to.name, change.to.ink)
        } else {
            text += "\(change.from.name) \(style.arrow) \(style.paint(change.to.name, change.to.ink))"
        }
        if !change.action.isEmpty { text += "  \(TextWidth.harmless(change.action))" }
        if !change.actor.isEmpty { text += " by \(TextWidth.harmless(change.actor))" }
        return text
    }

    private func stateLine(_ event: WatchEvent, subject: String, nowMs: Int64) -> String? {
        guard let task = event.task else { return nil }
        return "\(TimeFormat.clock(ms: nowMs))  \(subject)  \(style.paint(TaskListRenderer.statusText(task), task.ink))"
    }
}
