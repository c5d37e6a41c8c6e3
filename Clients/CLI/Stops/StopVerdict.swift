import CutoverConsole
import CutoverModel

/// How a stop came out, for the exit status.
enum StopVerdict: Sendable, Hashable {
    /// Accepted and going on at the server.
    case underWay
    /// Ended, and the destination has everything there was to have.
    case drained
    /// Ended, but the destination lacks something that the source has.
    case undrained
    /// Called off; the task runs on.
    case withdrawn
    /// Could not finish.
    case failed

    init(_ stop: Stop) {
        switch stop.phase {
        case .failed: self = .failed
        case .withdrawn: self = .withdrawn
        case .stopped:
            // A stop without a drain or a release is that of a task which had written nothing.
            let hadWork = stop.phases.contains { $0.phase == .draining || $0.phase == .releasing }
            self = stop.drained || stop.completes || !hadWork ? .drained : .undrained
        default: self = .underWay
        }
    }

    var commandStatus: CommandStatus {
        switch self {
        case .underWay, .drained: .ok
        case .undrained: .undrained
        case .withdrawn: .withdrawn
        case .failed: .failed
        }
    }
}

extension BatchItem {
    /// What the result of one task of a batch adds to the exit status.
    var commandStatus: CommandStatus { undrained ? .undrained : result.commandStatus }
}

extension StopItemResult {
    var commandStatus: CommandStatus {
        switch self {
        case .accepted, .inProgress, .stopped, .alreadyStopped: .ok
        case .rejected, .notAttempted: .rejected
        case .withdrawn: .withdrawn
        case .unknownTask: .notFound
        case .failed: .failed
        case .unspecified, .unrecognized: .internalError
        }
    }
}
