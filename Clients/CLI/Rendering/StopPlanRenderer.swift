import CutoverConsole
import CutoverModel

/// The dialog before a stop: each task with the mode taken and why, and what would be lost; then the sums.
struct StopPlanRenderer: Sendable {
    var style: TextStyle

    func lines(_ prospect: StopProspect) -> [String] {
        var lines: [String] = []
        if prospect.stoppable > 0 {
            lines += [style.paint(heading(prospect), .bold), ""]
            lines += taskLines(prospect)
            let more = prospect.stoppable - prospect.shown.count
            if more > 0 { lines.append("  and \(CountFormat.grouped(UInt64(more))) more.") }
        }
        if prospect.refusedCount > 0 {
            if !lines.isEmpty { lines.append("") }
            lines.append(style.paint("Cannot be stopped: \(CountFormat.phrase(prospect.refusedCount, "task"))", .bold))
            lines += prospect.refused.flatMap(refusalLines)
            let more = prospect.refusedCount - prospect.refused.count
            if more > 0 { lines.append("  and \(CountFormat.grouped(UInt64(more))) more.") }
        }
        let rest = restLines(prospect)
        if !rest.isEmpty { lines += (lines.isEmpty ? [] : [""]) + rest }
        if prospect.stoppable > 0 {
            if prospect.stoppable > 1 { lines += [""] + sumLines(prospect) }
            lines += ["", "A stopped task cannot be resumed."]
        }
        return lines
    }

    private func heading(_ prospect: StopProspect) -> String {
        let total = CountFormat.phrase(prospect.stoppable, "task")
        if prospect.forced == 0 { return "To be stopped gracefully: \(total)" }
        if prospect.forced == prospect.stoppable { return "To be stopped BY FORCE: \(total)" }
        return "To be stopped: \(total), \(CountFormat.grouped(UInt64(prospect.forced))) of them BY FORCE"
    }

    private func head(_ plan: StopPlan) -> String {
        let isForced = plan.modeTaken == .forced
        let mark = style.paint(isForced ? "!" : style.bullet, isForced ? .yellow : .plain)
        return "\(mark) \(style.paint(TextWidth.harmless(plan.taskName), .bold))  \(TextWidth.harmless(plan.taskId))"
    }

    // MARK: - One task

    private func block(_ plan: StopPlan) -> [String] {
        [head(plan)] + fields(plan).lines(style: style, nameWidth: 7)
    }

    private func fields(_ plan: StopPlan) -> FieldBlock {
        var block = FieldBlock(indent: 4)
        block.add("Status", plan.status.name, plan.status.ink)
        block.add("Mode", Self.modeText(plan), plan.modeTaken.ink)
        if plan.waits { block.add("When", "as soon as the repair under way has come to an end", .yellow) }
        block.add("Drain", Self.drainText(plan))
        block.add("Objects", Self.objectsText(plan))
        for loss in plan.losses { block.add("Lost", loss, .red) }
        return block
    }

    /// The mode taken and why.
    private static func modeText(_ plan: StopPlan) -> String {
        plan.modeTaken.name + (plan.modeReason.isEmpty ? "" : ": \(plan.modeReason)")
    }

    /// Where to, how far that is and how long it takes; empty for a task that has nothing to drain.
    private static func drainText(_ plan: StopPlan) -> String {
        guard plan.modeTaken != .forced, plan.lagMs > 0 || plan.status == .incrementalMigration else { return "" }
        var parts: [String] = []
        if let target = plan.drainTo?.words, !target.isEmpty { parts.append("to \(target)") }
        parts.append("lag \(DurationFormat.text(ms: plan.lagMs))")
        if plan.backlogTransactions > 0 {
            parts.append("\(CountFormat.phrase(plan.backlogTransactions, "transaction")) behind")
        }
        if plan.drainEstimateKnown { parts.append("about \(DurationFormat.text(ms: plan.drainEstimateMs))") }
        return parts.joined(separator: ", ")
    }

    /// Empty when the server could not count and has nothing to say of them: the losses tell what that means.
    private static func objectsText(_ plan: StopPlan) -> String {
        guard plan.objectsKnown || plan.triggers > 0 || plan.events > 0 else { return "" }
        let text = countText(triggers: plan.triggers, events: plan.events)
        let verb = plan.modeTaken == .forced ? "stay behind" : "move to the destination"
        return plan.objectsKnown ? "\(text) \(verb)" : "\(text) \(verb), as far as known"
    }

    private static func countText(triggers: UInt64, events: UInt64) -> String {
        "\(CountFormat.phrase(triggers, "trigger")) and \(CountFormat.phrase(events, "event"))"
    }

    // MARK: - Several tasks

    /// From so many tasks on, those of which there is nothing particular to say stand in a table.
    private static let tableFrom = 6

    private func taskLines(_ prospect: StopProspect) -> [String] {
        if prospect.stoppable == 1 { return prospect.shown.flatMap(block) }
        guard prospect.shown.count >= Self.tableFrom else { return prospect.shown.flatMap(compactLines) }
        let plain = prospect.shown.filter { $0.modeTaken != .forced && !$0.waits && $0.losses.isEmpty }
        let others = prospect.shown.filter { $0.modeTaken == .forced || $0.waits || !$0.losses.isEmpty }
        var lines = others.flatMap(compactLines)
        for group in Dictionary(grouping: plain, by: Self.modeText).sorted(by: { $0.key < $1.key }) {
            if !lines.isEmpty { lines.append("") }
            lines.append(TextWidth.harmless(group.key))
            lines += tableLines(group.value)
        }
        return lines
    }

    private func tableLines(_ plans: [StopPlan]) -> [String] {
        var table = TextTable([
            .init(title: "NAME", isFlexible: true), .init(title: "ID"), .init(title: "STATUS"),
            .init(title: "LAG", alignment: .right, rank: 1), .init(title: "OBJECTS", rank: 2),
        ])
        for plan in plans {
            let follows = plan.lagMs > 0 || plan.status == .incrementalMigration
            table.rows.append([
                .init(plan.taskName), .init(plan.taskId), .init(plan.status.name, plan.status.ink),
                .init(follows ? DurationFormat.text(ms: plan.lagMs) : ""),
                .init(Self.hasObjects(plan) ? Self.countText(triggers: plan.triggers, events: plan.events) : ""),
            ])
        }
        var narrow = style
        narrow.columns = style.columns - 2
        return table.lines(style: narrow).map { "  " + $0 }
    }

    /// A task in few lines: its status, the mode and why, and what would be lost.
    private func compactLines(_ plan: StopPlan) -> [String] {
        var lines = [head(plan)]
        lines += indented("\(plan.status.name), \(Self.modeText(plan))", plan.modeTaken.ink)
        if plan.waits { lines += indented("as soon as the repair under way has come to an end", .yellow) }
        // What a forced stop leaves behind is told by its losses.
        if plan.modeTaken != .forced {
            let facts = [Self.drainText(plan), Self.hasObjects(plan) ? Self.objectsText(plan) : ""]
            lines += indented(facts.filter { !$0.isEmpty }.joined(separator: "; "), .dim)
        }
        return lines + plan.losses.flatMap { indented("lost: \($0)", .red) }
    }

    private static func hasObjects(_ plan: StopPlan) -> Bool { plan.triggers > 0 || plan.events > 0 }

    private func indented(_ text: String, _ ink: Ink) -> [String] {
        TextWidth.fold(TextWidth.harmless(text), to: style.proseColumns - 4).map { "    " + style.paint($0, ink) }
    }

    private func refusalLines(_ refused: StopProspect.Refused) -> [String] {
        let name = refused.name.isEmpty ? "" : "\(TextWidth.harmless(refused.name))  "
        let status = refused.status == .unspecified ? "" : "  \(refused.status.name)"
        let reason = ErrorText.sentence(reason: refused.reason, message: refused.message)
        return ["\(style.paint(style.cross, .red)) \(name)\(TextWidth.harmless(refused.taskID))\(status)"]
            + indented(reason, .plain)
    }

    private func restLines(_ prospect: StopProspect) -> [String] {
        var lines: [String] = []
        if prospect.ended > 0 {
            let verb = prospect.ended == 1 ? "has" : "have"
            lines.append("\(CountFormat.phrase(prospect.ended, "task")) \(verb) ended already; nothing changes there.")
        }
        if prospect.inProgress > 0 {
            let verb = prospect.inProgress == 1 ? "is" : "are"
            lines.append("\(CountFormat.phrase(prospect.inProgress, "task")) \(verb) being stopped already.")
        }
        return lines
    }

    /// How many in which mode, and the objects of the tasks that are shown.
    private func sumLines(_ prospect: StopProspect) -> [String] {
        var parts: [String] = []
        let graceful = prospect.stoppable - prospect.forced
        if graceful > 0 { parts.append("\(CountFormat.grouped(UInt64(graceful))) graceful") }
        if prospect.forced > 0 {
            parts.append("\(CountFormat.grouped(UInt64(prospect.forced))) BY FORCE")
        }
        let subject = prospect.shown.count < prospect.stoppable ? "of those shown " : ""
        for (plans, verb) in [
            (prospect.shown.filter { $0.modeTaken != .forced }, "move"),
            (prospect.shown.filter { $0.modeTaken == .forced }, "stay behind"),
        ] {
            let triggers = plans.reduce(0) { $0 + $1.triggers }
            let events = plans.reduce(0) { $0 + $1.events }
            guard triggers > 0 || events > 0 else { continue }
            parts.append("\(subject)\(Self.countText(triggers: triggers, events: events)) \(verb)")
        }
        let folded = TextWidth.fold("\(parts.joined(separator: ", ")).", to: style.proseColumns - 5)
        return folded.enumerated().map { ($0.offset == 0 ? "Sum: " : "     ") + $0.element }
    }

    // MARK: - A plan by itself

    /// The most objects listed one by one.
    private static let objectLimit = 200

    /// The whole plan of one stop, with its hash and what would become of each object.
    func detailLines(_ plan: StopPlan) -> [String] {
        var lines: [String] = []
        if plan.legal {
            lines += block(plan)
        } else {
            lines += refusalLines(
                StopProspect.Refused(PlannedStop(taskID: plan.taskId, outcome: .success(plan))))
        }
        if !plan.objects.isEmpty {
            var narrow = style
            narrow.columns = style.proseColumns - 4
            lines.append("")
            lines += ObjectsRenderer(style: narrow).lines(Array(plan.objects.prefix(Self.objectLimit))).map {
                "    " + $0
            }
            let more = plan.objects.count - Self.objectLimit
            if more > 0 || plan.objectsTruncated { lines.append("    and more; -o json lists up to 10,000.") }
        }
        guard plan.legal, !plan.planHash.isEmpty else { return lines }
        lines += ["", "Nothing was changed. To stop so or not at all, give the same options and:"]
        return lines + ["  --plan-hash \(ReceiptRenderer.hex(plan.planHash))"]
    }
}
