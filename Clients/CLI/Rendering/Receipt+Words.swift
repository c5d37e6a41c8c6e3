import CutoverConsole
import CutoverModel

// What a record of the audit log attests, in words.

extension Receipt {
    /// What it attests, such as `stopped`, `stopped by force`, `withdrawn`.
    var words: String {
        switch kind {
        case .withdrawn: "withdrawn"
        case .residueFinished: "residue finished"
        case .stopped, .unspecified:
            if stop?.completes == true {
                "completed"
            } else {
                stop?.modeTaken == .forced ? "stopped by force" : "stopped"
            }
        case .unrecognized: kind.name
        }
    }

    var ink: Ink {
        switch kind {
        case .withdrawn: .yellow
        case .residueFinished: stop?.residue.contains { $0.result == .failed } == true ? .red : .green
        default: stop?.modeTaken == .forced ? .yellow : .green
        }
    }

    /// When what it attests happened, in milliseconds since 1970; 0 when it does not say.
    var attestedAtMs: Int64 {
        (kind == .residueFinished ? stop?.residueFinishedAtMs : stop?.endedAtMs) ?? 0
    }

    /// Who did what it attests.
    var attestedActor: String {
        guard let stop else { return "" }
        switch kind {
        case .withdrawn: return stop.withdrawnBy.isEmpty ? stop.actor : stop.withdrawnBy
        case .residueFinished: return stop.residueActor
        default: return stop.actor
        }
    }
}
