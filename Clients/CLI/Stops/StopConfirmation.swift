import CutoverModel

/// Shows what a stop would do and asks whether to go on. Talks on the standard error.
struct StopConfirmation: Sendable {
    var console: Console

    /// What somebody types to stop by force.
    static let forceWord = "force"

    /// True when the answer was yes. Something taken by force needs its word typed out; where all tasks have ended
    /// there is nothing to ask.
    func confirm(_ plans: [PlannedStop]) -> Bool {
        let legal = plans.compactMap(\.effectivePlan)
        if legal.isEmpty, plans.allSatisfy({ $0.legalPlan != nil }) { return true }
        console.printErrorLines(StopPlanRenderer(style: console.errorStyle).lines(plans))
        guard !legal.isEmpty else { return false }
        let tasks = CountFormat.phrase(legal.count, "task")
        let forced = legal.count { $0.modeTaken == .forced }
        if forced > 0 {
            console.writeError("Type \"\(Self.forceWord)\" to stop \(tasks), \(forced) by force: ")
            return answer() == Self.forceWord
        }
        console.writeError("Stop \(tasks)? [y/N] ")
        return ["y", "yes"].contains(answer())
    }

    private func answer() -> String {
        (console.readLine() ?? "").lowercased().filter { $0 != " " }
    }

    /// The mode to ask for after the dialog: what was shown is what is asked.
    ///
    /// Without this a task that broke down after the dialog would be stopped by force although a graceful stop was
    /// confirmed. A graceful stop is refused instead.
    static func confirmedMode(asked: StopMode, _ plans: [PlannedStop]) -> StopMode {
        let legal = plans.compactMap(\.effectivePlan)
        let isGraceful = !legal.isEmpty && legal.allSatisfy { $0.modeTaken == .graceful }
        return asked == .auto && isGraceful ? .graceful : asked
    }
}
