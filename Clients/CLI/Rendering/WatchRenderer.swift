import CutoverClient
import CutoverConsole
import CutoverModel

/// Lines of `cutover watch`: one for each change.
struct WatchRenderer: Sendable {
    var style: TextStyle

    /// From so many columns on there is room for the id of a task beside its change.
    private static let columnsForID = 120

    /// The lines for a message, none when it shows nothing: one in a pipe; on a terminal that is too narrow for it what
    /// is told of the task follows below.
    func lines(_ event: WatchEvent, nowMs: Int64) -> [String] {
        let clock = TimeFormat.clock(ms: event.event?.atMs ?? nowMs)
        switch event.kind {
        case .relist:
            let text = "Changes were missed that the server no longer keeps; each task follows as it stands."
            return folded("", text, .yellow, clock)
        case .presentEnd:
            return folded("", "So it stands at revision \(event.revision); changes follow.", .dim, clock)
        default: break
        }
        if let change = event.event, !change.batchId.isEmpty { return batchLines(change, event.batch, clock) }
        guard let head = event.event.map({ changeText($0, event) }) ?? stateText(event) else { return [] }
        let isProgressTold = event.event == nil
        let detail = event.task.map { isProgressTold ? TaskProgressRenderer(style: style).detail($0, barWidth: 0) : "" }
        var tail = [detail ?? ""]
        var ink = Ink.plain
        if let trouble = event.task.flatMap({ Self.trouble($0, event.stop) }) {
            tail.append(trouble.text)
            ink = trouble.ink
        }
        return folded(head, TextWidth.harmless(tail.filter { !$0.isEmpty }.joined(separator: ": ")), ink, clock)
    }

    /// Head and tail in one line where they fit, else the tail below, under the head.
    private func folded(_ head: String, _ tail: String, _ ink: Ink, _ clock: String) -> [String] {
        let gap = head.isEmpty || tail.isEmpty ? "" : "  "
        let columns = TextWidth.columns(of: "\(clock)  \(plain(head))\(gap)\(tail)")
        if columns <= style.columns { return ["\(clock)  \(head)\(gap)\(style.paint(tail, ink))"] }
        let margin = String(repeating: " ", count: clock.count + 2)
        let lines = TextWidth.fold(tail, to: style.columns - margin.count).map { style.paint($0, ink) }
        if head.isEmpty { return lines.enumerated().map { ($0.offset == 0 ? "\(clock)  " : margin) + $0.element } }
        let heads = foldedHead(head, to: style.columns - margin.count)
        let first = heads.enumerated().map { ($0.offset == 0 ? "\(clock)  " : margin) + $0.element }
        return first + lines.map { margin + $0 }
    }

    /// The parts of a head, which stand two columns apart, in lines of `columns`.
    private func foldedHead(_ head: String, to columns: Int) -> [String] {
        head.split(separator: "  ").reduce(into: [String]()) { lines, part in
            let joined = lines.last.map { "\($0)  \(part)" } ?? String(part)
            if lines.isEmpty || TextWidth.columns(of: plain(joined)) > columns {
                lines.append(String(part))
            } else {
                lines[lines.count - 1] = joined
            }
        }
    }

    /// Text without its colours, for its width.
    private func plain(_ text: String) -> String {
        style.usesColour ? text.replacing(/\u{1B}\[[0-9]+m/, with: "") : text
    }

    private func changeText(_ change: TaskEvent, _ event: WatchEvent) -> String {
        var text = "\(subject(event, always: false))  "
        if change.from == change.to || change.from == .unspecified {
            text += style.paint(change.to.name, change.to.ink)
        } else {
            text += "\(change.from.name) \(style.arrow) \(style.paint(change.to.name, change.to.ink))"
        }
        return text + doing(change)
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
    private func stateText(_ event: WatchEvent) -> String? {
        guard let task = event.task else { return nil }
        var text = "\(subject(event, always: event.kind != .progress))  "
        text += style.paint(TaskListRenderer.statusText(task), task.ink)
        if let stop = event.stop, task.status == .stopping, !stop.hasEnded { text += " \(stop.phase.words)" }
        return text
    }

    private func batchLines(_ change: TaskEvent, _ batch: StopBatch?, _ clock: String) -> [String] {
        let head = "batch \(style.paint(TextWidth.harmless(change.batchId), .dim))\(doing(change))"
        guard let batch else { return folded(head, "", .plain, clock) }
        let counts = batch.summary.map { BatchRenderer(style: TextStyle(columns: style.columns)).line($0) } ?? ""
        return folded(head, "\(batch.state.name) \(counts)", batch.state.ink, clock)
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
