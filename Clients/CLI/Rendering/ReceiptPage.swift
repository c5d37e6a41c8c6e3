import CutoverConsole
import CutoverModel

/// A receipt as one HTML page: no scripts, nothing loaded, readable on a screen, in the dark and on A4.
///
/// Names, messages and SQL come from outside: everything is escaped, and the page's own policy forbids what could slip in.
struct ReceiptPage: Sendable {
    var response: StopTaskResponse
    /// When the page is made, in milliseconds since 1970; phases that have not ended reach to there.
    var nowMs: Int64

    var text: String {
        let stop = response.latestStop ?? Stop()
        let name = stop.taskName.isEmpty ? stop.taskId : stop.taskName
        var parts = [head(stop, name), "<body><main>", banner(name)]
        parts.append(ReceiptHTMLList(facts(stop)).html)
        parts.append(timeline(stop))
        parts += ReceiptPageSections(response: response, stop: stop).sections
        parts.append(
            "<footer>Made by cutover \(HTMLText.inline(VersionCommand.version)) on \(TimeFormat.text(ms: nowMs)). "
                + "All times are UTC. The proof is the record in the audit log; this page only shows it.</footer>")
        parts.append("</main></body></html>")
        return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private func head(_ stop: Stop, _ name: String) -> String {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
            <title>\(HTMLText.inline(kindWords)): \(HTMLText.inline(name))</title>
            <style>
            \(ReceiptPageStyle.text)
            </style></head>
            """
    }

    private var kindWords: String {
        guard let receipt = response.receipt else { return "Stop" }
        return "Receipt \(receipt.sequence)"
    }

    private func banner(_ name: String) -> String {
        let headline = ReceiptHeadline(response)
        let lines = headline.lines.map { "<p>\(HTMLText.name($0))</p>" }.joined()
        return """
            <p class="over">\(HTMLText.inline(kindWords)) of a migration task</p>
            <h1>\(HTMLText.name(name))</h1>
            <div class="verdict \(headline.mood.rawValue)"><strong>\(HTMLText.inline(headline.title))</strong>\(lines)</div>
            """
    }

    private func facts(_ stop: Stop) -> [ReceiptHTMLList.Entry] {
        var facts: [ReceiptHTMLList.Entry] = [
            .init("Task", stop.taskId, isCode: true), .init("Stop", stop.id, isCode: true),
            .init("Batch", stop.batchId, isCode: true), .init("Request", stop.requestId, isCode: true),
            .init("Asked for by", stop.actor), .init("Reason", stop.reason),
            .init("Mode", ReceiptRenderer.modeText(stop)),
            .init("Status before", stop.statusBefore.name),
        ]
        if let receipt = response.receipt { facts.append(.init("Status after", receipt.finalStatus.name)) }
        facts.append(.init("Accepted", stop.acceptedAtMs > 0 ? TimeFormat.text(ms: stop.acceptedAtMs) : ""))
        if stop.endedAtMs > 0 {
            let took =
                DurationFormat.text(fromMs: stop.acceptedAtMs, toMs: stop.endedAtMs).map { ", after \($0)" } ?? ""
            facts.append(.init("Ended", TimeFormat.text(ms: stop.endedAtMs) + took))
        }
        facts.append(.init("Drain to", ReceiptDrainTerms.target(stop) ?? ""))
        facts.append(.init("Drain deadline", ReceiptDrainTerms.deadline(stop) ?? ""))
        facts.append(.init("Drained", ReceiptVerdict(stop).text))
        if stop.phase == .withdrawn { facts.append(.init("Withdrawn", ReceiptRenderer.withdrawal(stop))) }
        if let failure = stop.failure { facts.append(.init("Failure", "\(failure.code): \(failure.message)")) }
        facts.append(.init("Blocker", stop.blocker))
        if stop.requireAllObjects {
            facts.append(.init("Condition", "every object must be created, else the stop fails"))
        }
        if stop.fenceEpoch > 0 {
            facts.append(.init("Fence", "the destination refuses every worker before epoch \(stop.fenceEpoch)"))
        }
        return facts
    }

    private func timeline(_ stop: Stop) -> String {
        guard let timeline = ReceiptTimeline(stop, nowMs: nowMs) else { return "" }
        let notes = timeline.notes.map { "<p class=\"note\">\(HTMLText.inline($0))</p>" }.joined()
        var table = ReceiptHTMLTable([
            .init("Phase", isShort: true), .init("Began"), .init("Ended"), .init("Took", isNumber: true),
        ])
        for record in stop.phases {
            let isEnd = record.phase == .stopped || record.phase == .withdrawn
            let took = DurationFormat.text(fromMs: record.startedAtMs, toMs: record.endedAtMs) ?? "under way"
            table.rows.append([
                HTMLText.inline(record.phase.name), TimeFormat.preciseText(ms: record.startedAtMs),
                isEnd || record.endedAtMs == 0 ? "" : TimeFormat.preciseText(ms: record.endedAtMs),
                isEnd ? "" : HTMLText.inline(took),
            ])
        }
        return """
            <h2>Timeline<small>from \(TimeFormat.text(ms: timeline.startMs)), to scale</small></h2>
            <figure>\(ReceiptTimelineSVG(timeline: timeline).text)</figure>
            \(notes)
            \(table.html)
            """
    }
}
