import CutoverConsole
import CutoverModel

/// What a reader must know of a stop before anything else: how it came out, and what is left to do.
struct ReceiptHeadline: Sendable, Hashable {
    enum Mood: String, Sendable {
        case good, warn, bad, live
    }

    var mood: Mood
    var title: String
    /// Sentences below the title.
    var lines: [String]

    private init(_ mood: Mood, _ title: String, _ lines: [String]) {
        self.mood = mood
        self.title = title
        self.lines = lines.filter { !$0.isEmpty }
    }

    init(_ response: StopTaskResponse) {
        let stop = response.latestStop ?? Stop()
        if let receipt = response.receipt {
            self = receipt.kind == .withdrawn ? Self.withdrawn(stop) : Self.ended(stop)
        } else {
            self = Self.underWay(stop)
        }
    }

    private static func underWay(_ stop: Stop) -> Self {
        guard stop.phase == .failed else {
            return Self(.live, "Not ended yet: \(stop.phase.words)", [stop.blocker])
        }
        return Self(.bad, "The stop could not finish", stop.failure.map { ["\($0.code): \($0.message)"] } ?? [])
    }

    private static func withdrawn(_ stop: Stop) -> Self {
        Self(
            .warn, "Withdrawn: the task runs on", [ReceiptRenderer.withdrawal(stop), stop.failure?.message ?? ""])
    }

    private static func ended(_ stop: Stop) -> Self {
        let drained = ReceiptVerdict(stop).sentence
        let missing = missingText(stop)
        if stop.modeTaken == .forced {
            return Self(
                stop.drained && missing.isEmpty ? .warn : .bad, "Stopped by force", [stop.modeReason, drained, missing])
        }
        let isWhole = StopVerdict(stop) == .drained
        let title = stop.completes ? "Completed" : isWhole ? "Stopped" : "Stopped, not drained"
        return Self(isWhole ? (missing.isEmpty ? .good : .warn) : .bad, title, [drained, missing])
    }

    private static func missingText(_ stop: Stop) -> String {
        let count = stop.missingObjects.count
        guard count > 0 else { return "" }
        return "\(CountFormat.phrase(count, "object")) \(count == 1 ? "is" : "are") not at the destination; "
            + "what is left to be done stands below."
    }
}
