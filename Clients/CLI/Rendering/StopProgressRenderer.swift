import CutoverClient
import CutoverConsole
import CutoverModel

/// Live and plain lines for stops that are being carried out.
struct StopProgressRenderer: Sendable {
    var style: TextStyle

    private static let order: [StopPhase] = [
        .accepted, .draining, .migratingTriggers, .migratingEvents, .releasing, .stopped,
    ]

    // MARK: - The live view

    /// The block that is drawn over itself on a terminal of so many rows.
    func liveLines(_ stops: [FollowedStop], nowMs: Int64, rows: Int) -> [String] {
        var tail: [String] = []
        if stops.count > 1 {
            let ended = stops.count { $0.hasEnded }
            let bar = ProgressBar(width: 20).text(done: UInt64(ended), total: UInt64(stops.count), style: style)
            tail = ["\(bar) \(ended) of \(stops.count) ended"]
        }
        // The ones under way come first: they are what one waits for.
        let ordered = stops.filter { !$0.hasEnded } + stops.filter { $0.hasEnded }
        let room = min(LiveBlock.lineLimit, rows - 1) - tail.count
        return fitted(ordered, nowMs: nowMs, room: room) + tail
    }

    /// As many of the stops as there is room for: all in full, else each in one line, and the rest counted.
    func fitted(_ stops: [FollowedStop], nowMs: Int64, room: Int) -> [String] {
        let full = stops.prefix(max(0, room)).flatMap { fullLines($0, nowMs: nowMs) }
        if stops.count <= room, full.count <= room { return full }
        guard stops.count > room else { return stops.map { shortLine($0, nowMs: nowMs) } }
        let shown = stops.prefix(max(0, room - 1))
        let more = CountFormat.grouped(UInt64(stops.count - shown.count))
        return shown.map { shortLine($0, nowMs: nowMs) } + (room > 0 ? ["and \(more) more under way"] : [])
    }

    /// The columns of a name on its line.
    private var nameColumns: Int { style.columns < 60 ? 12 : 24 }

    /// Name, phases and time; the words of the phase are cut where the line is too narrow.
    private func head(_ followed: FollowedStop, nowMs: Int64, nameColumns: Int) -> (painted: String, columns: Int) {
        let stop = followed.stop
        let name = TextWidth.cut(TextWidth.harmless(stop.taskName), to: nameColumns, style: style)
        let forced = stop.modeTaken == .forced ? " by force" : ""
        let end = stop.endedAtMs > 0 ? stop.endedAtMs : nowMs
        let elapsed = DurationFormat.text(fromMs: stop.acceptedAtMs, toMs: end) ?? ""
        let fixed = nameColumns + Self.order.count + 2 + forced.count + 2 + elapsed.count
        let words = TextWidth.cut(stop.phase.words, to: max(8, style.columns - 1 - fixed), style: style)
        let painted =
            "\(style.paint(TextWidth.pad(name, to: nameColumns), .bold)) \(phaseStrip(stop)) "
            + "\(style.paint(words, stop.phase.ink))\(style.paint(forced, .yellow))  \(elapsed)"
        return (painted, fixed + TextWidth.columns(of: words))
    }

    private func fullLines(_ followed: FollowedStop, nowMs: Int64) -> [String] {
        let stop = followed.stop
        var lines = [head(followed, nowMs: nowMs, nameColumns: nameColumns).painted]
        let details = [drainText(followed, barWidth: 20), deadlineText(stop, nowMs: nowMs)].filter { !$0.isEmpty }
        lines += details.map { "  " + TextWidth.cut($0, to: style.columns - 3, style: style) }
        if !followed.blocker.isEmpty {
            let text = TextWidth.cut(TextWidth.harmless(followed.blocker), to: style.columns - 3, style: style)
            lines.append("  " + style.paint(text, .yellow))
        }
        return lines
    }

    /// A stop in one line: what holds it up, else how far its drain has come.
    private func shortLine(_ followed: FollowedStop, nowMs: Int64) -> String {
        let head = head(followed, nowMs: nowMs, nameColumns: min(16, nameColumns))
        let blocker = TextWidth.harmless(followed.blocker)
        let detail = blocker.isEmpty ? drainText(followed, barWidth: 0) : blocker
        let room = style.columns - 3 - head.columns
        guard !detail.isEmpty, room >= 8 else { return head.painted }
        let cut = TextWidth.cut(detail, to: room, style: style)
        return "\(head.painted)  \(style.paint(cut, blocker.isEmpty ? .plain : .yellow))"
    }

    /// One mark for each phase: behind, here, ahead.
    private func phaseStrip(_ stop: Stop) -> String {
        let marks: [String]
        if stop.phase == .failed || stop.phase == .withdrawn {
            marks = Self.order.map { _ in style.usesUnicode ? "×" : "x" }
        } else {
            let place = Self.order.firstIndex(of: stop.phase) ?? -1
            marks = Self.order.indices.map { index in
                if index < place || stop.phase == .stopped { return style.usesUnicode ? "●" : "#" }
                return index == place ? (style.usesUnicode ? "◐" : "+") : (style.usesUnicode ? "○" : ".")
            }
        }
        return style.paint(marks.joined(), stop.phase.ink)
    }

    /// What is left, the rate and the time left, while the task drains; elsewhere only the time left.
    private func drainText(_ followed: FollowedStop, barWidth: Int) -> String {
        var parts: [String] = []
        var bar = ""
        if followed.stop.phase == .draining, let progress = followed.task?.progress {
            let drain = followed.drain.progress
            bar = ProgressBar(width: barWidth).text(done: drain.done, total: drain.total, style: style)
            parts += TaskProgressRenderer.followingParts(progress)
        }
        if let remaining = followed.remainingMs, followed.stop.hasEnded == false {
            parts.append("about \(DurationFormat.text(ms: max(1000, remaining / 1000 * 1000))) left")
        }
        return bar.isEmpty ? parts.joined(separator: ", ") : "\(bar) \(parts.joined(separator: ", "))"
    }

    private func deadlineText(_ stop: Stop, nowMs: Int64) -> String {
        guard stop.phase == .draining, stop.drainDeadlineAtMs > nowMs else { return "" }
        let left = DurationFormat.text(ms: UInt64(stop.drainDeadlineAtMs - nowMs) / 1000 * 1000)
        return "drain deadline in \(left), then \(stop.onDeadline.words)"
    }

    // MARK: - Single lines

    /// The line printed where nothing can be drawn over, when the headline of a stop changed.
    func plainLine(_ followed: FollowedStop) -> String {
        let stop = followed.stop
        var text = "\(TextWidth.harmless(stop.taskName))  \(stop.phase.words)"
        if stop.modeTaken == .forced { text += " by force" }
        let detail = drainText(followed, barWidth: 0)
        if !detail.isEmpty { text += ", \(detail)" }
        if !followed.blocker.isEmpty { text += ": \(TextWidth.harmless(followed.blocker))" }
        if let failure = stop.failure { text += ": \(TextWidth.harmless("\(failure.code): \(failure.message)"))" }
        return text
    }

    /// How a stop ended, in one line.
    func endLine(_ stop: Stop) -> String {
        let name = style.paint(TextWidth.harmless(stop.taskName), .bold)
        let isAtOnce = stop.endedAtMs <= stop.acceptedAtMs
        let took = isAtOnce ? nil : DurationFormat.text(fromMs: stop.acceptedAtMs, toMs: stop.endedAtMs)
        let when = took.map { " after \($0)" } ?? " at once"
        switch StopVerdict(stop) {
        case .underWay: return "\(name): \(stop.phase.words)"
        case .drained: return "\(style.paint(style.tick, .green)) \(name): stopped\(when)"
        case .undrained:
            let hint = "see `cutover receipt \(stop.taskId)`"
            return "\(style.paint("!", .yellow)) \(name): stopped\(when), NOT drained; \(hint)"
        case .withdrawn:
            return "\(style.paint("!", .yellow)) \(name): \(Self.withdrawnText(stop))"
        case .failed:
            let why = stop.failure.map { ": \(TextWidth.harmless("\($0.code): \($0.message)"))" } ?? ""
            return "\(style.paint(style.cross, .red)) \(name): the stop could not finish\(why)"
        }
    }

    /// That a stop was withdrawn, by whom and why.
    static func withdrawnText(_ stop: Stop) -> String {
        var text = "the stop was withdrawn"
        if !stop.withdrawnBy.isEmpty { text += " by \(stop.withdrawnBy)" }
        if !stop.withdrawnReason.isEmpty { text += " (\(stop.withdrawnReason))" }
        text += "; the task runs on"
        return TextWidth.harmless(text)
    }
}
