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
        if plan.modeTaken == .forced {
            losses.append(
                plan.objectsKnown || plan.triggers + plan.events > 0
                    ? "\(plan.triggers) triggers and \(plan.events) events are not moved; the receipt lists their SQL."
                    : "Triggers and events are not moved, and the source cannot list them now.")
        }
        let failing = plan.objects.count { $0.result == .failed }
        if failing > 0 {
            losses.append("\(failing) objects cannot be created at the destination as things are.")
        }
        return losses
    }

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
