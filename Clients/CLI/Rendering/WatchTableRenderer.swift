import CutoverClient
import CutoverConsole
import CutoverModel

/// The table of `cutover watch --live`: a line for each task, and one more for what holds it up.
struct WatchTableRenderer: Sendable {
    var style: TextStyle

    private static let nameColumns = 20

    func lines(_ watched: WatchedTasks, nowMs: Int64, rows: Int) -> [String] {
        let entries = watched.entries
        guard !entries.isEmpty else { return ["No tasks."] }
        let statusColumns = entries.reduce(0) { max($0, TextWidth.columns(of: status($1).text)) }
        let room = max(2, min(LiveBlock.lineLimit, rows - 1))
        var lines: [String] = []
        var shown = 0
        for entry in entries {
            let next = self.lines(entry, statusColumns: statusColumns, nowMs: nowMs)
            // One line stays free to say how many there are besides.
            guard lines.count + next.count <= (shown + 1 == entries.count && watched.omitted == 0 ? room : room - 1)
            else {
                break
            }
            lines += next
            shown += 1
        }
        let more = entries.count - shown + watched.omitted
        return more > 0 ? lines + ["and \(CountFormat.grouped(UInt64(more))) more"] : lines
    }

    private func lines(_ entry: WatchedTasks.Entry, statusColumns: Int, nowMs: Int64) -> [String] {
        let name = TextWidth.cut(TextWidth.harmless(entry.task.name), to: Self.nameColumns, style: style)
        let status = status(entry)
        var line = style.paint(TextWidth.pad(name, to: Self.nameColumns), .bold)
        line += "  " + style.paint(TextWidth.pad(status.text, to: statusColumns), status.ink)
        let room = style.columns - 1 - Self.nameColumns - statusColumns - 4
        let detail = TaskProgressRenderer(style: style).detail(entry.task, barWidth: room >= 44 ? 12 : 0)
        if room >= 8, !detail.isEmpty { line += "  " + TextWidth.cut(detail, to: room, style: style) }
        guard let trouble = WatchRenderer.trouble(entry.task, entry.stop) else { return [line] }
        let text = TextWidth.cut(TextWidth.harmless(trouble.text), to: style.columns - 3, style: style)
        return [line, "  " + style.paint(text, trouble.ink)]
    }

    /// The status; while a task is being stopped the phase, which says more.
    private func status(_ entry: WatchedTasks.Entry) -> (text: String, ink: Ink) {
        if entry.task.status == .stopping, let stop = entry.stop, !stop.hasEnded {
            return ("STOPPING: \(stop.phase.words)", stop.phase.ink)
        }
        return (TaskListRenderer.statusText(entry.task), entry.task.ink)
    }
}
