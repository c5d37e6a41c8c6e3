import CutoverClient
import CutoverModel

/// What the server answered when it was asked for the plan of one stop.
struct PlannedStop: Sendable {
    var taskID: String
    /// The plan, or why there is none, such as an unknown task.
    var outcome: Result<StopPlan, CutoverError>

    /// The plan, if the stop is legal and would change something.
    var effectivePlan: StopPlan? {
        guard let plan = legalPlan, !plan.isOfEndedTask else { return nil }
        return plan
    }

    /// The plan, if the stop is legal now. That of an ended task is: it is answered by its receipt.
    var legalPlan: StopPlan? {
        guard case .success(let plan) = outcome, plan.legal else { return nil }
        return plan
    }
}

extension StopPlan {
    /// The task has ended already: there is nothing to confirm.
    fileprivate var isOfEndedTask: Bool { status == .stopped || status == .completed }
}

/// The dialog before a stop: each task with the mode taken, its lag and what would be lost.
struct StopPlanRenderer: Sendable {
    var style: TextStyle

    /// The most tasks shown one by one; the rest is counted.
    static let taskLimit = 40

    func lines(_ plans: [PlannedStop]) -> [String] {
        let legal = plans.compactMap(\.effectivePlan)
        let ended = plans.filter { $0.legalPlan != nil && $0.effectivePlan == nil }
        let refused = plans.filter { $0.legalPlan == nil }
        var lines: [String] = []
        if !legal.isEmpty {
            lines.append(style.paint(heading(legal), .bold))
            lines.append("")
            lines += legal.prefix(Self.taskLimit).flatMap(planLines)
            if legal.count > Self.taskLimit { lines.append("  and \(legal.count - Self.taskLimit) more.") }
        }
        if !refused.isEmpty {
            if !lines.isEmpty { lines.append("") }
            lines.append(style.paint("Cannot be stopped:", .bold))
            lines += refused.prefix(Self.taskLimit).flatMap(refusalLines)
            if refused.count > Self.taskLimit { lines.append("  and \(refused.count - Self.taskLimit) more.") }
        }
        if !ended.isEmpty {
            if !lines.isEmpty { lines.append("") }
            let verb = ended.count == 1 ? "has" : "have"
            lines.append("\(CountFormat.phrase(ended.count, "task")) \(verb) ended already; nothing changes there.")
        }
        if !legal.isEmpty { lines += ["", "A stopped task cannot be resumed."] }
        return lines
    }

    private func heading(_ plans: [StopPlan]) -> String {
        let forced = plans.count { $0.modeTaken == .forced }
        let total = CountFormat.phrase(plans.count, "task")
        if forced == 0 { return "To be stopped gracefully: \(total)" }
        if forced == plans.count { return "To be stopped BY FORCE: \(total)" }
        return "To be stopped: \(total), \(CountFormat.grouped(UInt64(forced))) of them BY FORCE"
    }

    private func planLines(_ plan: StopPlan) -> [String] {
        let isForced = plan.modeTaken == .forced
        let mark = style.paint(isForced ? "!" : style.bullet, isForced ? .yellow : .plain)
        let name = TextWidth.harmless(plan.taskName)
        var lines = ["\(mark) \(style.paint(name, .bold))  \(plan.taskId)"]
        var block = FieldBlock(indent: 4)
        block.add("Status", plan.status.name, plan.status.ink)
        let why = plan.modeReason.isEmpty ? "" : ": \(plan.modeReason)"
        block.add("Mode", plan.modeTaken.name + why, isForced ? .yellow : .plain)
        if !isForced, plan.lagMs > 0 || plan.status == .incrementalMigration {
            block.add("Lag", DurationFormat.text(ms: plan.lagMs))
        }
        block.add("Objects", objectsText(plan))
        for loss in plan.losses { block.add("Lost", loss, .red) }
        lines += block.lines(style: style, nameWidth: 7)
        return lines
    }

    /// Empty when the server could not count and has nothing to say of them: the losses tell what that means.
    private func objectsText(_ plan: StopPlan) -> String {
        guard plan.objectsKnown || plan.triggers > 0 || plan.events > 0 else { return "" }
        let triggers = CountFormat.phrase(plan.triggers, "trigger")
        let text = "\(triggers) and \(CountFormat.phrase(plan.events, "event"))"
        let verb = plan.modeTaken == .forced ? "stay behind" : "move to the destination"
        return plan.objectsKnown ? "\(text) \(verb)" : "\(text) \(verb), as far as known"
    }

    private func refusalLines(_ planned: PlannedStop) -> [String] {
        let subject: String
        let reason: String
        switch planned.outcome {
        case .success(let plan):
            subject = "\(TextWidth.harmless(plan.taskName))  \(planned.taskID)"
            reason = ErrorText.sentence(reason: plan.refusal?.reason ?? "", message: plan.refusal?.message ?? "")
        case .failure(let error):
            subject = TextWidth.harmless(planned.taskID)
            reason = ErrorText.sentence(reason: error.reason, message: error.message)
        }
        let folded = TextWidth.fold(TextWidth.harmless(reason), to: style.proseColumns - 4)
        return ["\(style.paint(style.cross, .red)) \(subject)"] + folded.map { "    \($0)" }
    }
}
