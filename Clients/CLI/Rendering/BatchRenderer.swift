import CutoverConsole
import CutoverModel

/// Lines for a batch stop and its results.
struct BatchRenderer: Sendable {
    var style: TextStyle

    func line(_ accepted: BatchAccepted) -> String {
        var text = accepted.dryRun ? "Dry run, nothing is changed" : "Batch \(TextWidth.harmless(accepted.batchId))"
        if accepted.items > 0 { text += ": \(CountFormat.phrase(UInt64(accepted.items), "task"))" }
        if accepted.duplicates > 0 {
            text += ", \(CountFormat.phrase(UInt64(accepted.duplicates), "duplicate id")) left out"
        }
        return text + (accepted.resumed ? " (accepted before)" : "")
    }

    private static let resultColumns = 15

    /// One result: a line where nothing bounds it, else its reason in lines of their own.
    func lines(_ item: BatchItem, isDryRun: Bool = false) -> [String] {
        var text = "  " + style.paint(TextWidth.pad(words(item, isDryRun: isDryRun), to: Self.resultColumns), ink(item))
        text += "  \(TextWidth.harmless(item.taskId))"
        let mark = item.modeTaken == .forced ? "  BY FORCE" : ""
        if !item.taskName.isEmpty {
            let taken = TextWidth.columns(of: item.taskId) + Self.resultColumns + mark.count + 6
            let room = max(8, style.columns - taken)
            text += "  \(TextWidth.cut(TextWidth.harmless(item.taskName), to: room, style: style))"
        }
        if !mark.isEmpty { text += style.paint(mark, .yellow) }
        let notes = notes(item)
        guard !notes.isEmpty else { return [text] }
        guard style.columns < TextStyle.unboundColumns else { return [text + "  " + notes] }
        let margin = String(repeating: " ", count: Self.resultColumns + 4)
        return [text] + TextWidth.fold(notes, to: style.proseColumns - margin.count).map { margin + $0 }
    }

    private func words(_ item: BatchItem, isDryRun: Bool) -> String {
        guard isDryRun else { return item.undrained ? "not drained" : item.result.words }
        return item.result == .accepted || item.result == .stopped ? "would stop" : item.result.words
    }

    private func ink(_ item: BatchItem) -> Ink { item.undrained ? .yellow : item.result.ink }

    /// Why a task was not stopped well, and the status that it is in.
    private func notes(_ item: BatchItem) -> String {
        switch item.result {
        case .stopped, .alreadyStopped, .accepted, .inProgress, .unknownTask: return ""
        default: break
        }
        var parts: [String] = []
        if item.status != .unspecified { parts.append(item.status.name) }
        if let error = item.error { parts.append(ErrorText.sentence(reason: error.reason, message: error.message)) }
        return TextWidth.harmless(parts.joined(separator: ": "))
    }

    /// The counts of a batch.
    func line(_ summary: BatchSummary, isDryRun: Bool = false) -> String {
        guard !isDryRun else { return dryRunLine(summary) }
        var text = CountFormat.phrase(UInt64(summary.items), "task")
        let parts = parts(summary)
        if !parts.isEmpty { text += ": \(parts.joined(separator: ", "))" }
        if summary.forced > 0 { text += "; \(CountFormat.grouped(UInt64(summary.forced))) by force" }
        if summary.undrained > 0 { text += "; \(CountFormat.grouped(UInt64(summary.undrained))) not drained" }
        return text
    }

    private func dryRunLine(_ summary: BatchSummary) -> String {
        let count = UInt64(summary.accepted) + UInt64(summary.stopped)
        var text = "\(CountFormat.phrase(UInt64(summary.items), "task")): \(CountFormat.grouped(count)) would stop"
        if summary.forced > 0 { text += ", \(CountFormat.grouped(UInt64(summary.forced))) of them by force" }
        var rest = summary
        rest.accepted = 0
        rest.stopped = 0
        return ([text] + parts(rest)).joined(separator: ", ")
    }

    func parts(_ summary: BatchSummary) -> [String] {
        let counts: [(count: UInt32, words: String, ink: Ink)] = [
            (summary.stopped, "stopped", .green), (summary.alreadyStopped, "already stopped", .green),
            (summary.accepted, "accepted", .cyan), (summary.inProgress, "in progress", .cyan),
            (summary.pending, "waiting", .plain), (summary.rejected, "rejected", .yellow),
            (summary.unknown, "unknown", .yellow), (summary.withdrawn, "withdrawn", .yellow),
            (summary.notAttempted, "not attempted", .yellow), (summary.failed, "failed", .red),
        ]
        return counts.filter { $0.count > 0 }
            .map { style.paint("\(CountFormat.grouped(UInt64($0.count))) \($0.words)", $0.ink) }
    }
}
