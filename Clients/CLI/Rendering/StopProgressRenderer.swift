import CutoverModel

/// Live and plain lines for stops that are being carried out.
struct StopProgressRenderer: Sendable {
    var style: TextStyle

    /// The most stops shown one by one in the live view; the rest is counted.
    static let stopLimit = 12

    private static let order: [StopPhase] = [
        .accepted, .draining, .migratingTriggers, .migratingEvents, .releasing, .stopped,
    ]

    /// The block that is drawn over itself on a terminal.
    func liveLines(_ stops: [FollowedStop], nowMs: Int64) -> [String] {
        let ended = stops.count { $0.hasEnded }
        // The ones under way come first: they are what one waits for.
        let ordered = stops.filter { !$0.hasEnded } + stops.filter { $0.hasEnded }
        var lines = ordered.prefix(Self.stopLimit).flatMap { liveLines($0, nowMs: nowMs) }
        if ordered.count > Self.stopLimit { lines.append("and \(ordered.count - Self.stopLimit) more") }
        if stops.count > 1 {
            let bar = ProgressBar(width: 20).text(done: UInt64(ended), total: UInt64(stops.count), style: style)
            lines.append("\(bar) \(ended) of \(stops.count) ended")
        }
        return lines
    }

    private func liveLines(_ followed: FollowedStop, nowMs: Int64) -> [String] {
        let stop = followed.stop
        let name = TextWidth.cut(TextWidth.harmless(stop.taskName), to: 24, style: style)
        let end = stop.endedAtMs > 0 ? stop.endedAtMs : nowMs
        let elapsed = DurationFormat.text(fromMs: stop.acceptedAtMs, toMs: end) ?? ""
        let forced = stop.modeTaken == .forced ? style.paint(" by force", .yellow) : ""
        let head = "\(style.paint(TextWidth.pad(name, to: 24), .bold)) \(phaseStrip(stop))"
        var lines = ["\(head) \(style.paint(stop.phase.words, stop.phase.ink))\(forced)  \(elapsed)"]
        let detail = detail(followed)
        if !detail.isEmpty { lines.append("  " + TextWidth.cut(detail, to: style.columns - 2, style: style)) }
        if !stop.blocker.isEmpty {
            let text = TextWidth.cut(TextWidth.harmless(stop.blocker), to: style.columns - 2, style: style)
            lines.append("  " + style.paint(text, .yellow))
        }
        return lines
    }

    /// One mark for each phase: behind, here, ahead.
    private func phaseStrip(_ stop: Stop) -> String {
        let place = Self.order.firstIndex(of: stop.phase)
        let marks = Self.order.indices.map { index -> String in
            guard let place else { return style.usesUnicode ? "×" : "x" }
            if index < place || stop.phase == .stopped { return style.usesUnicode ? "●" : "#" }
            return index == place ? (style.usesUnicode ? "◐" : "+") : (style.usesUnicode ? "○" : ".")
        }
        return style.paint(marks.joined(), stop.phase.ink)
    }

    /// Lag, rate and the time left, while the task drains; positions otherwise say nothing new.
    private func detail(_ followed: FollowedStop) -> String {
        guard followed.stop.phase == .draining, let progress = followed.task?.progress else { return "" }
        let drain = followed.estimate.progress
        let bar = ProgressBar(width: 20).text(done: drain.done, total: drain.total, style: style)
        var parts = ["lag \(DurationFormat.text(ms: progress.lagMs))"]
        if progress.rowsPerSecond > 0 { parts.append("\(CountFormat.short(progress.rowsPerSecond)) rows/s") }
        if progress.bytesPerSecond > 0 { parts.append("\(ByteFormat.text(progress.bytesPerSecond))/s") }
        if let remaining = followed.estimate.remainingMs {
            parts.append("about \(DurationFormat.text(ms: max(1000, remaining / 1000 * 1000))) left")
        }
        return "\(bar) \(parts.joined(separator: ", "))"
    }

    /// The line printed where nothing can be drawn over, when the headline of a stop changed.
    func plainLine(_ followed: FollowedStop) -> String {
        let stop = followed.stop
        var text = "\(TextWidth.harmless(stop.taskName))  \(stop.phase.words)"
        if stop.modeTaken == .forced { text += " by force" }
        if stop.phase == .draining, let progress = followed.task?.progress {
            text += ", lag \(DurationFormat.text(ms: progress.lagMs))"
        }
        if !stop.blocker.isEmpty { text += ": \(TextWidth.harmless(stop.blocker))" }
        if let failure = stop.failure { text += ": \(TextWidth.harmless("\(failure.code): \(failure.message)"))" }
        return text
    }

    /// How a stop ended, in one line.
    func endLine(_ stop: Stop) -> String {
        let name = style.paint(TextWidth.harmless(stop.taskName), .bold)
        let took = DurationFormat.text(fromMs: stop.acceptedAtMs, toMs: stop.endedAtMs).map { " after \($0)" } ?? ""
        switch StopVerdict(stop) {
        case .underWay: return "\(name): \(stop.phase.words)"
        case .drained: return "\(style.paint(style.tick, .green)) \(name): stopped\(took)"
        case .undrained:
            return
                "\(style.paint("!", .yellow)) \(name): stopped\(took), NOT drained; see `cutover receipt \(stop.taskId)`"
        case .failed:
            let why = stop.failure.map { ": \(TextWidth.harmless("\($0.code): \($0.message)"))" } ?? ""
            return "\(style.paint(style.cross, .red)) \(name): the stop could not finish\(why)"
        }
    }
}
