import CutoverConsole
import CutoverModel

/// What is to be said about a residue beside its SQL.
struct ResidueSummaryRenderer: Sendable {
    var style: TextStyle

    /// What is left, and how to have it made.
    func lines(_ stop: Stop) -> [String] {
        let open = stop.openResidue
        guard !open.isEmpty else {
            return [
                stop.residueFinishedAtMs > 0
                    ? "Nothing is left: it was finished \(TimeFormat.text(ms: stop.residueFinishedAtMs))."
                    : "Nothing was left behind."
            ]
        }
        let id = TextWidth.harmless(stop.taskId)
        let advice =
            open.contains { $0.result == .leftBehind }
            ? [
                "  `cutover residue finish \(id) --reason TEXT`",
                "  has the server make what it can.",
            ] : []
        let isOne = open.count == 1
        return [
            "\(CountFormat.phrase(open.count, "object")) \(isOne ? "is" : "are") left to be made at the destination."
        ]
            + advice
    }

    /// What finishing came to.
    func finishedLines(_ stop: Stop) -> [String] {
        let name = style.paint(TextWidth.harmless(stop.taskName), .bold)
        guard !stop.residue.isEmpty else { return ["\(name): nothing was left to finish."] }
        let failed = stop.residue.contains { $0.result == .failed }
        let mark = failed ? style.paint(style.cross, .red) : style.paint(style.tick, .green)
        let head =
            "\(mark) \(name): residue \(failed ? "not finished" : "finished"), \(Stop.outcomeCounts(stop.residue))"
        let advice =
            failed
            ? TextWidth.fold(
                "Correct what the errors say and run the same command again, or run the SQL by hand: "
                    + "`cutover residue \(TextWidth.harmless(stop.taskId))` shows it.", to: style.proseColumns) : []
        var narrow = style
        narrow.columns = style.proseColumns - 2
        return [head] + ObjectsRenderer(style: narrow).lines(stop.residue).map { "  " + $0 } + advice
    }
}
