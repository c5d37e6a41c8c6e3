import CutoverConsole

/// What somebody reads who interrupted a wait with Ctrl-C: that it goes on without them, and how to follow or end it.
struct InterruptAdvice: Sendable, Hashable {
    var lines: [String]

    /// For single stops, by the ids of their tasks.
    static func stops(_ taskIDs: [String]) -> InterruptAdvice {
        let isOne = taskIDs.count == 1
        let subject = isOne ? "The stop goes on" : "The stops go on"
        let shown =
            taskIDs.prefix(3).map { TextWidth.harmless($0) }.joined(separator: " ") + (taskIDs.count > 3 ? " ..." : "")
        return InterruptAdvice(lines: [
            "\(subject) at the server; only the waiting was interrupted.",
            "  Follow:   cutover watch \(shown)",
            "  Cancel:   cutover cancel-stop \(isOne ? shown : "ID")",
            "  Outcome:  cutover receipt \(isOne ? shown : "ID")",
        ])
    }

    /// For a batch.
    static func batch(_ id: String, isAnnounced: Bool) -> InterruptAdvice {
        let id = TextWidth.harmless(id)
        return InterruptAdvice(lines: [
            isAnnounced
                ? "The batch goes on at the server; only the waiting was interrupted."
                : "Interrupted before the server had answered: the batch may have been accepted or not.",
            "  Follow:   cutover batch watch \(id)",
            "  Cancel:   cutover batch cancel \(id)",
            "  Outcome:  cutover batch show \(id)",
        ])
    }
}
