import CutoverModel

/// What a stop would lose, one sentence each, for the dialog before it.
struct StopLosses: Sendable {
    let plan: StopPlan
    let record: TaskRecord
    let progress: MigrationProgress?

    var sentences: [String] {
        var losses: [String] = []
        if !record.copyDone {
            let done = progress.map { " \($0.tablesDone) of \($0.tablesTotal) tables are whole." } ?? ""
            losses.append("The full copy is incomplete.\(done) Nothing is drained, and no trigger or event moves.")
        } else if let point = lastPoint {
            losses.append("Changes at the source after \(point) are not applied.")
        }
        if plan.modeTaken == .forced, let sentence = leftBehind { losses.append(sentence) }
        let failing = plan.objects.count { $0.result == .failed }
        if failing > 0 {
            losses.append("\(Self.count(failing, "object")) cannot be created at the destination as things are.")
        }
        return losses
    }

    /// Which triggers and events stay at the source; nil when there are none.
    private var leftBehind: String? {
        let (triggers, events) = (Int(plan.triggers), Int(plan.events))
        guard plan.objectsKnown || triggers + events > 0 else {
            return "Triggers and events are not moved, and the source cannot list them now."
        }
        let parts = [(triggers, "trigger"), (events, "event")].filter { $0.0 > 0 }.map(Self.count)
        guard !parts.isEmpty else { return nil }
        let verb = triggers + events == 1 ? "is" : "are"
        return "\(parts.joined(separator: " and ")) \(verb) not moved; the receipt lists the SQL."
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// Beyond which point nothing is applied; nil when everything is.
    private var lastPoint: String? {
        let applied = progress.map(\.appliedPosition).flatMap { $0.isEmpty ? nil : $0 }
        guard plan.modeTaken != .forced else { return applied ?? "the last applied position" }
        return switch plan.drainTo?.point {
        case .applied: applied ?? "the last applied position"
        case .gtid: plan.drainTo?.gtid
        case .time: "the time given"
        default: nil
        }
    }
}
