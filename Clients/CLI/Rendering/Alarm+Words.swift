import CutoverConsole
import CutoverModel

// What an alarm last was: raised, repeated or cleared.

extension Alarm {
    var isActive: Bool { clearedAtMs == 0 }

    /// Its last change in a word.
    var changeWord: String {
        if !isActive { return "cleared" }
        return repeatedAtMs > 0 ? "repeated" : "raised"
    }

    /// When it last changed, in milliseconds since 1970.
    var changedAtMs: Int64 {
        if !isActive { return clearedAtMs }
        return repeatedAtMs > 0 ? repeatedAtMs : raisedAtMs
    }

    var ink: Ink { isActive ? kind.ink : .green }

    /// The task's name, or its id when it has none.
    var subject: String { taskName.isEmpty ? taskId : taskName }
}

extension AlarmKind {
    var ink: Ink {
        switch self {
        case .positionLost, .sourceUnreachable, .destinationUnreachable, .stopStuck: .red
        default: .yellow
        }
    }
}
