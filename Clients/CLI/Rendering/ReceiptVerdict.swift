import CutoverModel

/// Whether the destination has what the source had, and if not, why: as the record says it.
struct ReceiptVerdict: Sendable, Hashable {
    var text: String
    var ink: Ink

    init(_ text: String, _ ink: Ink) {
        self.text = text
        self.ink = ink
    }

    init(_ stop: Stop) {
        if stop.drained {
            self.init("yes: the destination has reached the requested position", .green)
        } else if stop.phase == .withdrawn {
            self.init("no: the stop was withdrawn, the task runs on", .yellow)
        } else if stop.phase == .failed {
            self.init("no: the stop could not finish", .red)
        } else if stop.endedAtMs == 0 {
            self.init("not yet", .plain)
        } else if stop.completes {
            self.init("not applicable: the task was a full copy only", .plain)
        } else if !stop.phases.contains(where: { $0.phase == .releasing || $0.phase == .draining }) {
            self.init("not applicable: the task had written nothing", .plain)
        } else if !stop.copyComplete {
            self.init("no: the full copy is incomplete", .red)
        } else if stop.deadlinePassed {
            let how = stop.modeTaken == .forced ? "went on by force" : "went on undrained"
            self.init("no: the deadline passed before the requested position was reached; the stop \(how)", .red)
        } else if stop.modeTaken == .forced {
            self.init("no: a forced stop drains nothing; the destination may lack changes that the source has", .red)
        } else {
            self.init("no: the destination lacks changes that the source has", .red)
        }
    }
}
