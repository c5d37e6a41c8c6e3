import CutoverConsole
import CutoverModel

/// How far a stop was to drain and for how long, in words.
enum ReceiptDrainTerms {
    /// Up to where; nil when nothing was asked or there was nothing to drain.
    static func target(_ stop: Stop) -> String? {
        guard let target = stop.drainTo, stop.modeTaken == .graceful || stop.escalated || stop.modeAsked == .graceful
        else { return nil }
        // A stop that ended without a drain had nothing to drain.
        if stop.phase == .stopped, !stop.phases.contains(where: { $0.phase == .draining }) { return nil }
        switch target.point {
        case .current: return "CURRENT: where the source stood when the drain began"
        case .applied: return "APPLIED: where the destination stood"
        case .gtid: return "GTID \(target.gtid.replacing(",", with: ", "))"
        case .time: return "the changes that began up to \(TimeFormat.text(ms: target.timeMs))"
        case .unspecified: return nil
        case .unrecognized: return target.point.name
        }
    }

    /// How long, and what came of it; nil without a deadline.
    static func deadline(_ stop: Stop) -> String? {
        guard stop.drainDeadlineMs > 0, target(stop) != nil else { return nil }
        let length = DurationFormat.text(ms: UInt64(stop.drainDeadlineMs))
        if stop.deadlinePassed {
            let outcome =
                switch stop.onDeadline {
                case .stopUndrained: "the task was stopped without the rest (STOP_UNDRAINED)"
                case .force: "the stop went on by force (FORCE)"
                default:
                    stop.completes
                        ? "the completion failed" : "the stop was withdrawn and the task runs on (KEEP_RUNNING)"
                }
            return "\(length), passed: \(outcome)"
        }
        if stop.endedAtMs > 0 || stop.phase == .failed {
            return stop.drained ? "\(length), kept" : length
        }
        let outcome =
            switch stop.onDeadline {
            case .stopUndrained: "the task is stopped without the rest"
            case .force: "the stop goes on by force"
            default: "the stop is withdrawn"
            }
        guard stop.drainDeadlineAtMs > 0 else { return "\(length); then \(outcome)" }
        return "\(length), until \(TimeFormat.text(ms: stop.drainDeadlineAtMs)); then \(outcome)"
    }

    /// When the deadline passes or passed, in milliseconds since 1970; nil without one.
    static func deadlineAtMs(_ stop: Stop) -> Int64? {
        if stop.drainDeadlineAtMs > 0 { return stop.drainDeadlineAtMs }
        // A stop that went on by force no longer has a deadline: what it passed is counted from its acceptance.
        guard stop.deadlinePassed, stop.drainDeadlineMs > 0, stop.acceptedAtMs > 0 else { return nil }
        let (at, overflow) = stop.acceptedAtMs.addingReportingOverflow(Int64(stop.drainDeadlineMs))
        return overflow ? nil : at
    }
}
