import CutoverConsole
import CutoverModel

// The terms of a stop in words.

extension DrainTarget {
    /// Up to where a stop drains; empty when it was left to the server.
    var words: String {
        switch point {
        case .current: "the source's position when the drain begins"
        case .applied: "where the destination stands"
        case .gtid: "GTID \(gtid)"
        case .time: "transactions that began up to \(TimeFormat.text(ms: timeMs))"
        case .unspecified: ""
        case .unrecognized: point.name
        }
    }
}

extension OnDeadline {
    /// What happens when the drain deadline passes.
    var words: String {
        switch self {
        case .unspecified, .keepRunning: "the stop is withdrawn and the task runs on"
        case .stopUndrained: "the task stops undrained"
        case .force: "the stop goes on by force"
        case .unrecognized: name
        }
    }
}

extension StopSelector {
    /// The conditions in words, such as `PAUSED or STOP_FAILED, name shop-*, label team=shop`.
    var words: String {
        var parts: [String] = []
        if all { parts.append("all tasks") }
        if !statuses.isEmpty { parts.append(statuses.map(\.name).joined(separator: " or ")) }
        if !nameGlob.isEmpty { parts.append("name \(nameGlob)") }
        parts += labels.map { "label \($0.key)=\($0.value)" }
        if minAgeMs > 0 { parts.append("older than \(DurationFormat.text(ms: minAgeMs))") }
        if minUnchangedMs > 0 { parts.append("unchanged for \(DurationFormat.text(ms: minUnchangedMs))") }
        return parts.joined(separator: ", ")
    }
}
