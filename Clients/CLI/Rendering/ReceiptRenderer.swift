import CutoverConsole
import CutoverModel

/// The text of a receipt, or of a stop that has not ended: what was asked, what was done, what is left.
struct ReceiptRenderer: Sendable {
    var style: TextStyle

    private static let nameWidth = 10

    func lines(_ response: StopTaskResponse) -> [String] {
        guard let stop = response.latestStop else { return ["The task has no stop."] }
        var lines = [title(stop, response), String(repeating: style.rule, count: min(style.proseColumns, 80))]
        lines += identity(stop)
        lines += section("Data", data(stop))
        lines += section("Positions", positions(stop))
        lines += section("Phases", phases(stop))
        lines += section(
            Self.counted("Objects", stop.objects), objects(stop.objects))
        lines += section("Tables not copied whole", tables(stop))
        lines += section("Resources", resources(stop))
        lines += section(Self.counted("Residue finished", stop.residue), residueFinished(stop))
        lines += section(
            "Left to do by hand (residue)", ResidueRenderer.lines(stop).map { "  " + TextWidth.harmless($0) })
        lines += section("Audit log", audit(response))
        return lines
    }

    private func title(_ stop: Stop, _ response: StopTaskResponse) -> String {
        let name = TextWidth.harmless(stop.taskName)
        guard let receipt = response.receipt else {
            let phase = style.paint(stop.phase.name, stop.phase.ink)
            return "\(style.paint("STOP", .bold))  \(name)  \(phase)  not ended yet"
        }
        let status = style.paint(receipt.finalStatus.name, receipt.finalStatus.ink)
        guard receipt.kind == .withdrawn else { return "\(style.paint("RECEIPT", .bold))  \(name)  \(status)" }
        return "\(style.paint("RECEIPT", .bold))  \(name)  \(style.paint("WITHDRAWN", .yellow))  runs on: \(status)"
    }

    private func identity(_ stop: Stop) -> [String] {
        var block = FieldBlock()
        block.add("Task", stop.taskId)
        block.add("Stop", stop.id)
        block.add("Batch", stop.batchId)
        block.add("Request", stop.requestId)
        block.add("By", stop.actor)
        block.add("Reason", stop.reason)
        block.add("Mode", Self.modeText(stop), stop.modeTaken == .forced ? .yellow : .plain)
        block.add("Before", stop.statusBefore.name)
        block.add("Accepted", TimeFormat.text(ms: stop.acceptedAtMs))
        if stop.endedAtMs > 0 {
            let took =
                DurationFormat.text(fromMs: stop.acceptedAtMs, toMs: stop.endedAtMs).map { ", after \($0)" } ?? ""
            block.add("Ended", TimeFormat.text(ms: stop.endedAtMs) + took)
        }
        if stop.phase == .withdrawn { block.add("Withdrawn", Self.withdrawal(stop), .yellow) }
        if let failure = stop.failure { block.add("Failure", "\(failure.code): \(failure.message)", .red) }
        block.add("Blocker", stop.blocker, .yellow)
        return block.lines(style: style, nameWidth: Self.nameWidth)
    }

    /// The mode taken, the mode asked and why.
    static func modeText(_ stop: Stop) -> String {
        var text = stop.modeTaken.name
        if stop.modeAsked != stop.modeTaken { text += ", asked \(stop.modeAsked.name)" }
        if !stop.modeReason.isEmpty { text += ": \(stop.modeReason)" }
        return text
    }

    /// Who withdrew the stop and why.
    static func withdrawal(_ stop: Stop) -> String {
        let by = stop.withdrawnBy.isEmpty ? "" : "by \(stop.withdrawnBy)"
        return [by, stop.withdrawnReason].filter { !$0.isEmpty }.joined(separator: ": ")
    }

    private func data(_ stop: Stop) -> [String] {
        var block = FieldBlock(indent: 2)
        block.add("Drain to", ReceiptDrainTerms.target(stop))
        block.add("Deadline", ReceiptDrainTerms.deadline(stop), stop.deadlinePassed ? .yellow : .plain)
        let verdict = ReceiptVerdict(stop)
        block.add("Drained", verdict.text, verdict.ink)
        if stop.rowsCopied > 0 { block.add("Copied", CountFormat.phrase(stop.rowsCopied, "row")) }
        if stop.transactionsApplied > 0 { block.add("Followed", Self.followedText(stop)) }
        return block.lines(style: style, nameWidth: Self.nameWidth - 1)
    }

    /// What was applied of the source's changes.
    static func followedText(_ stop: Stop) -> String {
        let transactions = CountFormat.phrase(stop.transactionsApplied, "transaction")
        return "\(CountFormat.phrase(stop.rowsApplied, "row")) in \(transactions)"
    }

    private func positions(_ stop: Stop) -> [String] {
        let positions = ReceiptPositions(stop)
        guard !positions.rows.isEmpty else { return [] }
        var table = TextTable([
            .init(title: "REQUESTED"), .init(title: "RECEIVED"), .init(title: "APPLIED"),
            .init(title: positions.isBehind ? "BEHIND" : "", alignment: .right),
        ])
        for row in positions.rows {
            let behind = row.behind.map { $0 > 0 ? CountFormat.grouped($0) : "" } ?? ""
            table.rows.append([
                .init(row.requested.isEmpty ? "-" : row.requested), .init(row.received.isEmpty ? "-" : row.received),
                .init(row.applied.isEmpty ? "-" : row.applied), .init(behind, .red),
            ])
        }
        let lines = table.lines(style: style).map { "  " + $0 }
        if lines.allSatisfy({ TextWidth.columns(of: $0) <= style.proseColumns }) { return lines }
        // Long positions do not fit beside each other: they stand below each other, to be compared.
        var block = FieldBlock(indent: 2)
        block.add("Requested", stop.requestedPosition.replacing(",", with: ", "))
        block.add("Received", stop.receivedPosition.replacing(",", with: ", "))
        block.add("Applied", stop.appliedPosition.replacing(",", with: ", "))
        return block.lines(style: style, nameWidth: Self.nameWidth - 1)
    }

    private func phases(_ stop: Stop) -> [String] {
        stop.phases.map { record in
            let name = TextWidth.pad(record.phase.name, to: 18)
            let took = DurationFormat.text(fromMs: record.startedAtMs, toMs: record.endedAtMs) ?? "under way"
            let isEnd = record.phase == .stopped || record.phase == .withdrawn
            let length = isEnd ? "" : TextWidth.pad(took, to: 11, alignment: .right)
            return "  \(style.paint(name, record.phase.ink))  \(TimeFormat.clock(ms: record.startedAtMs))\(length)"
        }
    }

    private func objects(_ objects: [ObjectOutcome]) -> [String] {
        guard !objects.isEmpty else { return [] }
        var narrow = style
        narrow.columns = style.proseColumns - 2
        return ObjectsRenderer(style: narrow).lines(objects).map { "  " + $0 }
    }

    /// `database.name`, and the table of a trigger. A counter has its table's name.
    static func objectName(_ object: ObjectOutcome) -> String {
        if object.name.isEmpty || object.kind == .autoIncrement {
            return "\(object.database).\(object.table.isEmpty ? object.name : object.table)"
        }
        let name = "\(object.database).\(object.name)"
        return object.table.isEmpty ? name : "\(name) on \(object.table)"
    }

    private func tables(_ stop: Stop) -> [String] {
        let whole = stop.tables.count { $0.complete }
        let partial = stop.tables.filter { !$0.complete }
        guard !partial.isEmpty else { return [] }
        let lines = partial.map { table in
            "  " + TextWidth.harmless("\(table.database).\(table.table)  \(CountFormat.phrase(table.rows, "row"))")
        }
        return lines + ["  \(CountFormat.phrase(whole, "other table")) copied whole"]
    }

    private func resources(_ stop: Stop) -> [String] {
        stop.resources.flatMap { resource -> [String] in
            let mark = resource.released ? style.paint(style.tick, .green) : style.paint(style.cross, .yellow)
            let outcome = resource.released ? "released" : "left behind"
            let note = resource.message.isEmpty ? "" : ": \(resource.message)"
            let folded = TextWidth.fold(
                TextWidth.harmless("\(resource.resource) \(outcome)\(note)"), to: style.proseColumns - 4)
            return folded.enumerated().map { ($0.offset == 0 ? "  \(mark) " : "    ") + $0.element }
        }
    }

    private func residueFinished(_ stop: Stop) -> [String] {
        guard stop.residueFinishedAtMs > 0 else { return [] }
        var block = FieldBlock(indent: 2)
        block.add("At", TimeFormat.text(ms: stop.residueFinishedAtMs))
        block.add("By", stop.residueActor)
        block.add("Reason", stop.residueReason)
        return block.lines(style: style, nameWidth: Self.nameWidth - 1)
            + objects(stop.residue)
    }

    /// The record that ended the stop and the later ones about it.
    private func audit(_ response: StopTaskResponse) -> [String] {
        let receipts = response.receipts
        guard !receipts.isEmpty else { return [] }
        let lines = receipts.flatMap { receipt -> [String] in
            var block = FieldBlock(indent: 2)
            let when = receipt.attestedAtMs > 0 ? ", \(TimeFormat.text(ms: receipt.attestedAtMs))" : ""
            let by = receipt.attestedActor.isEmpty ? "" : ", by \(receipt.attestedActor)"
            block.add("Record", "\(receipt.sequence): \(receipt.words)\(when)\(by)")
            block.add("SHA-256", Self.hex(receipt.hash))
            block.add("After", Self.hex(receipt.previousHash))
            return block.lines(style: style, nameWidth: Self.nameWidth - 1)
        }
        return lines + ["  " + style.paint("`cutover audit verify --head RECORD:SHA-256` finds a record again.", .dim)]
    }

    /// Bytes as lower-case hexadecimal digits.
    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// A title with what became of the objects below it.
    private static func counted(_ title: String, _ objects: [ObjectOutcome]) -> String {
        let counts = Stop.outcomeCounts(objects)
        return counts.isEmpty ? title : "\(title): \(counts)"
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", style.paint(title, .bold)] + lines
    }
}
