import CutoverConsole
import CutoverModel

/// Shows what a stop would do and asks whether to go on. Talks on the standard error.
struct StopConfirmation: Sendable {
    var console: Console

    /// What somebody types to stop by force.
    static let forceWord = "force"
    /// From so many tasks on their number is typed: a "y" comes too easily.
    static let countedFrom = 21

    /// True when the answer was yes. Something taken by force needs its word typed out, and many tasks their number; where
    /// all tasks have ended there is nothing to ask.
    func confirm(_ prospect: StopProspect) -> Bool {
        if prospect.stoppable == 0, prospect.refusedCount == 0, prospect.ended > 0, prospect.inProgress == 0 {
            return true
        }
        console.printErrorLines(StopPlanRenderer(style: console.errorStyle).lines(prospect))
        guard prospect.stoppable > 0 else { return false }
        let tasks = CountFormat.phrase(prospect.stoppable, "task")
        let isCounted = prospect.stoppable >= Self.countedFrom
        var words = prospect.forced > 0 ? [Self.forceWord] : []
        if isCounted { words.append(String(prospect.stoppable)) }
        guard !words.isEmpty else {
            console.writeError("Stop \(tasks)? [y/N] ")
            return ["y", "yes"].contains(answer())
        }
        let force = prospect.forced > 0 ? ", \(CountFormat.grouped(UInt64(prospect.forced))) by force" : ""
        console.writeError("Type \"\(words.joined(separator: " "))\" to stop \(tasks)\(force): ")
        return answer() == words.joined()
    }

    /// Blanks, capitals and the commas between thousands make no difference.
    private func answer() -> String {
        (console.readLine() ?? "").lowercased().filter { $0 != " " && $0 != "," }
    }
}
