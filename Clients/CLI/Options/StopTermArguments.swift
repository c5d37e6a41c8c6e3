import ArgumentParser
import CutoverModel

/// How to stop, on the command line.
enum StopModeArgument: String, CaseIterable, ExpressibleByArgument, Sendable {
    case auto, graceful, forced

    var mode: StopMode {
        switch self {
        case .auto: .auto
        case .graceful: .graceful
        case .forced: .forced
        }
    }
}

/// What happens when the drain deadline passes, on the command line.
enum OnDeadlineArgument: String, CaseIterable, ExpressibleByArgument, Sendable {
    case keepRunning = "keep-running"
    case undrained
    case force

    var onDeadline: OnDeadline {
        switch self {
        case .keepRunning: .keepRunning
        case .undrained: .stopUndrained
        case .force: .force
        }
    }
}

/// What becomes of a stop that is not legal just now, on the command line.
enum WhenIllegalArgument: String, CaseIterable, ExpressibleByArgument, Sendable {
    case refuse, wait

    var whenIllegal: WhenIllegal { self == .wait ? .wait : .refuse }
}

/// Whether the command stays until the stops have ended.
enum StopWaiting: String, EnumerableFlag, Sendable {
    case wait, detach

    static func name(for value: StopWaiting) -> NameSpecification {
        value == .wait ? [.long, .short] : [.long]
    }

    static func help(for value: StopWaiting) -> ArgumentHelp? {
        switch value {
        case .wait: "Stay until each stop has ended, and show how it goes on."
        case .detach: "Return as soon as the server has accepted."
        }
    }
}

/// Another mode for one task of several, on the command line: `TASK=MODE`.
struct OverrideArgument: Hashable, Sendable, ExpressibleByArgument {
    var taskID: String
    var mode: StopModeArgument

    init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), equals > argument.startIndex,
            let mode = StopModeArgument(rawValue: argument[argument.index(after: equals)...].lowercased())
        else { return nil }
        taskID = String(argument[..<equals])
        self.mode = mode
    }
}
