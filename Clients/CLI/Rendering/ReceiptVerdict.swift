import CutoverConsole
import CutoverModel

/// Whether the destination has what the source had, and if not, why: as the record says it.
struct ReceiptVerdict: Sendable, Hashable {
    enum Answer: String, Sendable {
        case yes
        case no
        case notYet = "not yet"
        case notApplicable = "not applicable"
    }

    var answer: Answer
    /// Why; empty when there is nothing to add.
    var why: String
    var ink: Ink

    /// The answer and why.
    var text: String { why.isEmpty ? answer.rawValue : "\(answer.rawValue): \(why)" }

    /// The same as a sentence.
    var sentence: String {
        switch answer {
        case .yes: "Drained: \(why)."
        case .no: "Not drained: \(why)."
        case .notYet: "Not drained yet."
        case .notApplicable: "Nothing to drain: \(why)."
        }
    }

    private init(_ answer: Answer, _ ink: Ink, _ why: String) {
        self.answer = answer
        self.ink = ink
        self.why = why
    }

    init(_ stop: Stop) {
        if stop.drained {
            self.init(.yes, .green, "the destination has reached the requested position")
        } else if stop.phase == .withdrawn {
            self.init(.no, .yellow, "the stop was withdrawn, the task runs on")
        } else if stop.phase == .failed {
            self.init(.no, .red, "the stop could not finish")
        } else if stop.endedAtMs == 0 {
            self.init(.notYet, .plain, "")
        } else if stop.completes {
            self.init(.notApplicable, .plain, "the task was a full copy only")
        } else if !stop.phases.contains(where: { $0.phase == .releasing || $0.phase == .draining }) {
            self.init(.notApplicable, .plain, "the task had written nothing")
        } else if !stop.copyComplete {
            self.init(.no, .red, "the full copy is incomplete")
        } else if stop.deadlinePassed {
            let how = stop.modeTaken == .forced ? "went on by force" : "went on undrained"
            self.init(.no, .red, "the deadline passed before the requested position was reached; the stop \(how)")
        } else if stop.modeTaken == .forced {
            self.init(.no, .red, "a forced stop drains nothing; the destination may lack changes that the source has")
        } else {
            self.init(.no, .red, "the destination lacks changes that the source has")
        }
    }
}
