import CutoverConsole
import CutoverModel

/// The block that shows a batch going on: the counts, and the stops that are being carried out.
struct BatchLiveRenderer: Sendable {
    var style: TextStyle

    func lines(_ tally: BatchTally, _ stops: [FollowedStop], nowMs: Int64, rows: Int) -> [String] {
        guard tally.isAnnounced else { return ["Waiting for the server ..."] }
        let ended = CountFormat.grouped(UInt64(tally.ended))
        let total = CountFormat.grouped(UInt64(tally.tasks))
        let bar = ProgressBar(width: style.columns < 60 ? 10 : 20).text(
            done: UInt64(tally.ended), total: UInt64(tally.tasks), style: style)
        let percent = ProgressBar.percent(done: UInt64(tally.ended), total: UInt64(tally.tasks))
        var lines = ["\(bar)\(percent)  \(ended) of \(total) ended"]
        lines += counts(tally)
        let room = min(LiveBlock.lineLimit, rows - 1) - lines.count
        return lines + StopProgressRenderer(style: style).fitted(stops, nowMs: nowMs, room: room)
    }

    /// The counts in as many lines as they need: colours have no width, so they are folded before they are painted.
    private func counts(_ tally: BatchTally) -> [String] {
        let plain = BatchRenderer(style: TextStyle(usesColour: false, columns: style.columns))
        let painted = BatchRenderer(style: style)
        var lines: [String] = []
        var line = ""
        var columns = 0
        for (part, shown) in zip(plain.parts(tally.runningSummary), painted.parts(tally.runningSummary)) {
            if columns > 0, columns + 2 + part.count > style.columns - 1 {
                lines.append(line)
                (line, columns) = ("", 0)
            }
            line += (columns > 0 ? ", " : "") + shown
            columns += part.count + (columns > 0 ? 2 : 0)
        }
        return columns > 0 ? lines + [line] : lines
    }
}
