import CutoverConsole
import CutoverModel

/// The text of `cutover batch show`.
struct BatchDetailRenderer: Sendable {
    var style: TextStyle

    func lines(_ batch: StopBatch, problems: [BatchItem] = []) -> [String] {
        var lines = [
            "\(style.paint("BATCH", .bold))  \(TextWidth.harmless(batch.id))  "
                + style.paint(batch.state.name, batch.state.ink),
            String(repeating: style.rule, count: min(style.proseColumns, 80)),
        ]
        lines += block(batch).lines(style: style, nameWidth: 9)
        guard !problems.isEmpty else { return lines }
        lines += ["", style.paint("Not stopped", .bold)]
        lines += problems.flatMap { BatchRenderer(style: style).lines($0) }
        let more = Int(clamping: batch.summary?.problems ?? 0) - problems.count
        if more > 0 { lines.append("  and \(CountFormat.grouped(UInt64(more))) more: --items shows all") }
        return lines
    }

    private func block(_ batch: StopBatch) -> FieldBlock {
        var block = FieldBlock()
        let terms = batch.terms ?? BatchStopRequest()
        block.add("By", batch.actor)
        block.add("Reason", terms.reason)
        if batch.named > 0 {
            let left =
                batch.duplicates > 0
                ? ", \(CountFormat.phrase(UInt64(batch.duplicates), "duplicate id")) left out" : ""
            block.add("Named", CountFormat.phrase(UInt64(batch.named), "task") + left)
        }
        block.add("Selected", terms.selector?.words)
        block.add("Terms", Self.termsText(terms))
        block.add("Begun", TimeFormat.text(ms: batch.createdAtMs))
        if batch.endedAtMs > 0 {
            let took =
                DurationFormat.text(fromMs: batch.createdAtMs, toMs: batch.endedAtMs).map { ", after \($0)" } ?? ""
            block.add("Ended", TimeFormat.text(ms: batch.endedAtMs) + took)
        }
        if batch.cancelled { block.add("Cancelled", Self.cancelText(batch), .yellow) }
        if let summary = batch.summary {
            let plain = TextStyle(columns: style.columns)
            block.add("Results", BatchRenderer(style: plain).line(summary))
        }
        return block
    }

    private static func termsText(_ terms: BatchStopRequest) -> String {
        var parts = [terms.mode == .unspecified ? StopMode.auto.name : terms.mode.name]
        if let target = terms.drainTo?.words, !target.isEmpty { parts.append("drain to \(target)") }
        if terms.drainDeadlineMs > 0 {
            parts.append(
                "drain within \(DurationFormat.text(ms: UInt64(terms.drainDeadlineMs))), then \(terms.onDeadline.words)"
            )
        }
        if terms.whenIllegal == .wait { parts.append("wait for repairs to end") }
        if terms.requireAllObjects { parts.append("all objects required") }
        if terms.maxParallel > 0 { parts.append("at most \(CountFormat.grouped(UInt64(terms.maxParallel))) at a time") }
        if terms.stopAfterFailures > 0 {
            parts.append("no more after \(CountFormat.phrase(UInt64(terms.stopAfterFailures), "failure"))")
        }
        if terms.atomicAccept { parts.append("all or none") }
        return parts.joined(separator: "; ")
    }

    private static func cancelText(_ batch: StopBatch) -> String {
        var text = "by \(batch.cancelledBy.isEmpty ? "somebody" : batch.cancelledBy)"
        if batch.withdraws { text += ", stops withdrawn" }
        return batch.cancelledReason.isEmpty ? text : "\(text): \(batch.cancelledReason)"
    }
}
