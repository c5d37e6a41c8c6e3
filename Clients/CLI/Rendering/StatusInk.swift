import CutoverConsole
import CutoverModel

// How statuses and results look. Nothing here says what may be done with a task: only the server knows.

extension TaskStatus {
    var ink: Ink {
        switch self {
        case .createFailed, .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .stopFailed: .red
        case .faultRectification, .paused, .stopping: .yellow
        case .starting, .fullMigration, .incrementalMigration: .cyan
        case .stopped, .completed: .green
        case .unspecified, .creating, .configuration, .pendingStart, .unrecognized: .plain
        }
    }
}

extension StopPhase {
    var ink: Ink {
        switch self {
        case .stopped: .green
        case .failed: .red
        case .withdrawn, .waiting: .yellow
        default: .cyan
        }
    }

    /// The phase in words for a progress line.
    var words: String {
        switch self {
        case .accepted: "accepted"
        case .draining: "draining"
        case .migratingTriggers: "moving triggers"
        case .migratingEvents: "moving events"
        case .releasing: "releasing"
        case .stopped: "stopped"
        case .failed: "failed"
        case .withdrawn: "withdrawn"
        case .waiting: "waiting for a repair to end"
        case .unspecified, .unrecognized: name.lowercased()
        }
    }
}

extension StopMode {
    var ink: Ink { self == .forced ? .yellow : .plain }

    /// The mode as it stands in lists, where what is forced must catch the eye.
    var mark: String { self == .forced ? "BY FORCE" : name }
}

extension BatchState {
    var ink: Ink {
        switch self {
        case .accepting, .running: .cyan
        case .finished: .green
        case .unspecified, .unrecognized: .plain
        }
    }
}

extension StopItemResult {
    var ink: Ink {
        switch self {
        case .accepted, .inProgress: .cyan
        case .stopped, .alreadyStopped: .green
        case .rejected, .unknownTask, .withdrawn, .notAttempted: .yellow
        case .failed: .red
        case .unspecified, .unrecognized: .plain
        }
    }

    /// The result in words, such as `already stopped`.
    var words: String {
        name.lowercased().split(separator: "_").joined(separator: " ")
    }
}

extension FindingSeverity {
    var ink: Ink {
        switch self {
        case .error: .red
        case .warning: .yellow
        case .note, .unspecified, .unrecognized: .plain
        }
    }
}

extension ObjectResult {
    var ink: Ink {
        switch self {
        case .created, .present: .green
        case .skipped: .plain
        case .leftBehind: .yellow
        case .failed: .red
        case .unspecified, .unrecognized: .plain
        }
    }

    var words: String {
        name.lowercased().split(separator: "_").joined(separator: " ")
    }
}

extension ObjectKind {
    var words: String {
        self == .autoIncrement ? "counter" : name.lowercased()
    }
}
