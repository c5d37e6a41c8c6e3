import CutoverModel

/// Lines for the results of a batch stop.
struct BatchRenderer: Sendable {
    var style: TextStyle

    func line(_ accepted: BatchAccepted) -> String {
        var text = "Batch \(accepted.batchId): \(CountFormat.phrase(UInt64(accepted.items), "task"))"
        if accepted.duplicates > 0 {
            text += ", \(CountFormat.phrase(UInt64(accepted.duplicates), "duplicate id")) left out"
        }
        return text
    }

    /// The line that is drawn over itself while results come in.
    func countLine(ended: Int, of batch: BatchAccepted) -> String {
        let bar = ProgressBar(width: 20).text(done: UInt64(ended), total: UInt64(batch.items), style: style)
        return "\(bar) \(CountFormat.grouped(UInt64(ended))) of \(CountFormat.phrase(UInt64(batch.items), "result"))"
    }

    func line(_ item: BatchItem) -> String {
        let result = style.paint(TextWidth.pad(item.result.words, to: 15), item.result.ink)
        var text = "\(result)  \(TextWidth.harmless(item.taskId))"
        if item.status != .unspecified { text += "  \(item.status.name)" }
        if item.modeTaken == .forced { text += "  " + style.paint("by force", .yellow) }
        if let error = item.error {
            text += "  " + TextWidth.harmless(ErrorText.sentence(reason: error.reason, message: error.message))
        }
        return text
    }

    func line(_ summary: BatchSummary) -> String {
        let counts: [(count: UInt32, words: String, ink: Ink)] = [
            (summary.stopped, "stopped", .green), (summary.alreadyStopped, "already stopped", .green),
            (summary.accepted, "accepted", .cyan), (summary.inProgress, "in progress", .cyan),
            (summary.rejected, "rejected", .yellow), (summary.unknown, "unknown", .yellow),
            (summary.failed, "failed", .red),
        ]
        let parts = counts.filter { $0.count > 0 }
            .map { style.paint("\(CountFormat.grouped(UInt64($0.count))) \($0.words)", $0.ink) }
        let total = CountFormat.phrase(UInt64(summary.items), "task")
        return parts.isEmpty ? total : "\(total): \(parts.joined(separator: ", "))"
    }
}
