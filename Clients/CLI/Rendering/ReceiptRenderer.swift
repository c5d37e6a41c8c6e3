import CutoverModel

/// The text of a receipt, or of a stop that has not ended: what was asked, what was done, what is left.
struct ReceiptRenderer: Sendable {
    var style: TextStyle

    private static let nameWidth = 10

    func lines(_ response: StopTaskResponse) -> [String] {
        guard let stop = response.receipt?.stop ?? response.stop else { return ["The task has no stop."] }
        var lines = [title(stop, response), String(repeating: style.rule, count: min(style.proseColumns, 80))]
        lines += identity(stop)
        lines += section("Data", data(stop))
        lines += section("Phases", phases(stop))
        lines += section("Objects", objects(stop))
        lines += section("Tables not copied whole", tables(stop))
        lines += section("Resources", resources(stop))
        lines += section(
            "Left to do by hand (residue)", ResidueRenderer.lines(stop).map { "  " + TextWidth.harmless($0) })
        if let receipt = response.receipt { lines += section("Audit log", audit(receipt)) }
        return lines
    }

    private func title(_ stop: Stop, _ response: StopTaskResponse) -> String {
        let status = response.receipt?.finalStatus ?? response.status
        let name = TextWidth.harmless(stop.taskName)
        if response.receipt != nil {
            return "\(style.paint("RECEIPT", .bold))  \(name)  \(style.paint(status.name, status.ink))"
        }
        return "\(style.paint("STOP", .bold))  \(name)  \(style.paint(stop.phase.name, stop.phase.ink))  not ended yet"
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

    private func data(_ stop: Stop) -> [String] {
        var block = FieldBlock(indent: 2)
        let verdict = Self.verdict(stop)
        block.add("Drained", verdict.text, verdict.ink)
        block.add("Requested", stop.requestedPosition)
        block.add("Received", stop.receivedPosition)
        block.add("Applied", stop.appliedPosition)
        if stop.rowsCopied > 0 { block.add("Copied", CountFormat.phrase(stop.rowsCopied, "row")) }
        if stop.transactionsApplied > 0 {
            let transactions = CountFormat.phrase(stop.transactionsApplied, "transaction")
            block.add("Followed", "\(CountFormat.phrase(stop.rowsApplied, "row")) in \(transactions)")
        }
        return block.lines(style: style, nameWidth: Self.nameWidth - 1)
    }

    /// Whether the destination has what the source had, as the record says it.
    static func verdict(_ stop: Stop) -> (text: String, ink: Ink) {
        if stop.drained { return ("yes: the destination has reached the requested position", .green) }
        if stop.endedAtMs == 0, stop.failure == nil { return ("not yet", .plain) }
        if stop.completes { return ("not applicable: the task was a full copy only", .plain) }
        guard stop.phases.contains(where: { $0.phase == .releasing || $0.phase == .draining }) else {
            return ("not applicable: the task had written nothing", .plain)
        }
        if !stop.copyComplete { return ("no: the full copy is incomplete", .red) }
        return ("no: the destination lacks changes that the source has", .red)
    }

    private func phases(_ stop: Stop) -> [String] {
        stop.phases.map { record in
            let name = TextWidth.pad(record.phase.name, to: 18)
            let took = DurationFormat.text(fromMs: record.startedAtMs, toMs: record.endedAtMs) ?? "under way"
            let length = record.phase == .stopped ? "" : TextWidth.pad(took, to: 11, alignment: .right)
            let line = "  \(style.paint(name, record.phase.ink))  \(TimeFormat.clock(ms: record.startedAtMs))\(length)"
            return line
        }
    }

    private func objects(_ stop: Stop) -> [String] {
        guard !stop.objects.isEmpty else { return [] }
        var table = TextTable([
            .init(title: "KIND"), .init(title: "NAME", isFlexible: true), .init(title: "RESULT"),
        ])
        var notes: [Int: String] = [:]
        for (index, object) in stop.objects.enumerated() {
            table.rows.append([
                .init(object.kind.words), .init(Self.objectName(object)), .init(object.result.words, object.result.ink),
            ])
            if !object.message.isEmpty { notes[index] = TextWidth.harmless(object.message) }
        }
        var narrow = style
        narrow.columns = style.proseColumns - 2
        var lines: [String] = []
        for (index, line) in table.lines(style: narrow).enumerated() {
            lines.append("  " + line)
            guard let note = notes[index - 1] else { continue }
            lines += TextWidth.fold(note, to: style.proseColumns - 6).map { "      " + style.paint($0, .dim) }
        }
        return lines
    }

    /// `database.name`, and the table of a trigger.
    static func objectName(_ object: ObjectOutcome) -> String {
        if object.name.isEmpty { return "\(object.database).\(object.table)" }
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

    private func audit(_ receipt: Receipt) -> [String] {
        var block = FieldBlock(indent: 2)
        block.add("Record", String(receipt.sequence))
        block.add("SHA-256", Self.hex(receipt.hash))
        block.add("After", Self.hex(receipt.previousHash))
        return block.lines(style: style, nameWidth: Self.nameWidth - 1)
    }

    /// Bytes as lower-case hexadecimal digits.
    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", style.paint(title, .bold)] + lines
    }
}
