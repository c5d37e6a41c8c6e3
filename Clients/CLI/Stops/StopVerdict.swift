import CutoverModel

/// How a stop came out, for the exit status.
enum StopVerdict: Sendable, Hashable {
    /// Accepted and going on at the server.
    case underWay
    /// Ended, and the destination has everything there was to have.
    case drained
    /// Ended, but the destination lacks something that the source has.
    case undrained
    /// Could not finish.
    case failed

    init(_ stop: Stop) {
        switch stop.phase {
        case .failed: self = .failed
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
        case .failed: .failed
        }
    }
}
