import CutoverConsole

/// One report, or two beside each other, as one HTML page: no scripts, nothing loaded, readable in the dark.
///
/// Titles and reasons come from outside: everything is escaped, and the page's own policy forbids what could slip in.
struct ReportPage: Sendable {
    var reports: [LoadReport]
    /// When the page is made, in milliseconds since 1970.
    var nowMs: Int64

    var text: String {
        let title = reports.map(\.title).joined(separator: " / ")
        var parts = [head(title), "<body><main><p class=\"over\">Load test of Cutover</p>"]
        parts.append("<h1>\(HTMLText.name(title))</h1>")
        if reports.count == 1, let report = reports.first {
            parts += [cards(report), facts(report), "<h2>Latency</h2>", latencies(report), failures(report)]
        } else if reports.count == 2 {
            parts.append(comparison(Comparison(before: reports[0], after: reports[1])))
        }
        let plots = ReportPlots(reports: reports)
        parts.append(figure("Latency by percentile", plots.percentiles))
        parts.append(figure("Latency over time", plots.latencyOverTime))
        parts.append(figure("Calls a second over time", plots.throughputOverTime))
        for note in notes { parts.append("<p class=\"note\">\(HTMLText.inline(note))</p>") }
        parts.append(
            "<footer>Made by cutover-load \(LoadCommand.version) on \(TimeFormat.text(ms: nowMs)).</footer>"
                + "</main></body></html>")
        return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private func head(_ title: String) -> String {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
            <title>\(HTMLText.inline(title))</title>
            <style>
            \(ReportPageStyle.text)
            </style></head>
            """
    }

    private var notes: [String] {
        var notes: [String] = []
        for report in reports {
            for note in report.notes + [ReportText.loopNote(report)] where !notes.contains(note) { notes.append(note) }
        }
        return notes
    }

    private func cards(_ report: LoadReport) -> String {
        let latency = LatencySummary(report.combinedLatency)
        var cards: [(String, String, Bool)] = [
            (RateFormat.text(report.throughput), "calls answered", false),
            (LatencyFormat.text(latency.p50Ns), "p50", false), (LatencyFormat.text(latency.p99Ns), "p99", false),
            (LatencyFormat.text(latency.maxNs), "greatest", false),
            (CountFormat.grouped(report.failed), "calls failed", report.failed > 0),
        ]
        if report.end != .finished {
            cards.append((report.end == .interrupted ? "cut off" : "used up", "how it ended", true))
        }
        let items = cards.map { value, name, isBad in
            "<li\(isBad ? " class=\"bad\"" : "")><b>\(HTMLText.inline(value))</b><span>\(HTMLText.inline(name))</span></li>"
        }
        return "<ul class=\"cards\">\(items.joined())</ul>"
    }

    private func facts(_ report: LoadReport) -> String {
        var facts: [(String, String)] = [
            ("Server", report.server + (report.terms.usesTLS ? ", TLS" : "")), ("Load", ReportText.loadText(report)),
            ("Measured from", TimeFormat.text(ms: report.startedAtMs)), ("Mix", report.terms.mixText),
        ]
        if report.terms.tasks > 0 { facts.append(("Prepared tasks", CountFormat.grouped(UInt64(report.terms.tasks)))) }
        if let delay = report.startDelay {
            let delays = LatencySummary(LatencyHistogram(delay))
            facts.append(
                (
                    "Start delay",
                    "p50 \(LatencyFormat.text(delays.p50Ns)), p99 \(LatencyFormat.text(delays.p99Ns)), "
                        + "greatest \(LatencyFormat.text(delays.maxNs)): how late this command began its calls"
                ))
        }
        if report.heldBack > 0 {
            facts.append(("Held back", "\(CountFormat.phrase(report.heldBack, "call")), at the limit in flight"))
        }
        let lines = facts.map { "<dt>\(HTMLText.inline($0.0))</dt><dd>\(HTMLText.name($0.1))</dd>" }
        return "<dl>\(lines.joined(separator: "\n"))</dl>"
    }

    private func latencies(_ report: LoadReport) -> String {
        var rows: [String] = []
        func add(_ name: String, _ histogram: LatencyHistogram, isBad: Bool = false) {
            let summary = LatencySummary(histogram)
            let cells =
                [CountFormat.grouped(histogram.count)]
                + summary.columns.map { histogram.isEmpty ? "-" : LatencyFormat.text($0.ns) }
            rows.append(
                "<tr\(isBad ? " class=\"bad\"" : "")><td>\(HTMLText.name(name))</td>"
                    + cells.map { "<td>\(HTMLText.inline($0))</td>" }.joined() + "</tr>")
        }
        for operation in report.operations {
            add(operation.name, LatencyHistogram(operation.latency))
            if let failed = operation.failedLatency {
                add("\(operation.name), failed", LatencyHistogram(failed), isBad: true)
            }
        }
        if report.driven.count > 1 { add("all", report.combinedLatency) }
        let titles = ["operation", "calls", "p50", "p90", "p99", "p99.9", "p99.99", "greatest"]
        return table(titles, rows)
    }

    private func failures(_ report: LoadReport) -> String {
        let rows = report.operations.flatMap { operation in
            operation.failures.map { failure in
                "<tr class=\"bad\"><td>\(HTMLText.name(operation.name)): \(HTMLText.name(failure.failure.text))</td>"
                    + "<td>\(CountFormat.grouped(failure.calls))</td></tr>"
            }
        }
        return rows.isEmpty ? "" : "<h2>Failed calls</h2>" + table(["why", "calls"], rows)
    }

    private func comparison(_ comparison: Comparison) -> String {
        let style = TextStyle()
        let rows = comparison.newsworthyRows.map { row -> String in
            let change = ComparisonText.change(row)
            let isBetter = row.ratio.map { ($0 < 1) == row.smallerIsBetter } ?? false
            let kind = change.isEmpty ? "" : isBetter ? " class=\"good\"" : " class=\"bad\""
            let cells = [row.before, row.after].map {
                "<td>\(HTMLText.inline(ComparisonText.text(row, $0, style)))</td>"
            }
            return "<tr><td>\(HTMLText.name(row.operation)) \(HTMLText.inline(row.name))</td>" + cells.joined()
                + "<td>\(ComparisonText.ratio(row))</td><td\(kind)>\(HTMLText.inline(change))</td></tr>"
        }
        let differences = comparison.differences.map { "<p class=\"note warn\">\(HTMLText.inline($0))</p>" }.joined()
        let warning =
            differences.isEmpty
            ? "" : "<p class=\"note warn\">The two runs were not asked to do the same.</p>" + differences
        return warning + table(["what", "before", "after", "ratio", "change"], rows)
    }

    private func table(_ titles: [String], _ rows: [String]) -> String {
        let head = titles.map { "<th scope=\"col\">\(HTMLText.inline($0))</th>" }.joined()
        return "<div class=\"wide\"><table><thead><tr>\(head)</tr></thead><tbody>\n\(rows.joined(separator: "\n"))\n"
            + "</tbody></table></div>"
    }

    private func figure(_ title: String, _ plot: LinePlot?) -> String {
        guard let plot else { return "" }
        return "<h2>\(HTMLText.inline(title))</h2>\n<figure>\(plot.svg)</figure>"
    }
}
