import CutoverConsole

/// A report as text for people.
struct ReportText: Sendable {
    var style: TextStyle

    func lines(_ report: LoadReport) -> [String] {
        var lines = [style.paint(TextWidth.harmless(heading(report)), .bold), ""]
        lines += facts(report).lines(style: style)
        lines.append("")
        lines += latencyTable(report)
        let failures = report.operations.flatMap { operation in
            operation.failures.map { (operation.name, $0) }
        }
        if !failures.isEmpty {
            lines += ["", style.paint("FAILED CALLS", .dim)]
            for (name, failure) in failures {
                let text = "  \(CountFormat.grouped(failure.calls))  \(name): \(failure.failure.text)"
                lines.append(style.paint(TextWidth.harmless(text), .red))
            }
        }
        lines.append("")
        for note in report.notes + [Self.loopNote(report)] {
            lines += TextWidth.fold(TextWidth.harmless(note), to: style.proseColumns).map { style.paint($0, .dim) }
        }
        return lines
    }

    private func heading(_ report: LoadReport) -> String {
        let state: String
        switch report.end {
        case .finished: state = ""
        case .interrupted: state = "  INTERRUPTED"
        case .tasksUsedUp: state = "  (all tasks used up)"
        }
        return report.title + state
    }

    private func facts(_ report: LoadReport) -> FieldBlock {
        let terms = report.terms
        var block = FieldBlock()
        block.add("Server", report.server + (terms.usesTLS ? "  TLS" : ""))
        block.add("Load", Self.loadText(report))
        block.add("Tasks", terms.tasks > 0 ? tasksText(terms) : nil)
        let succeeded = report.succeeded
        let failed = report.driven.reduce(0) { $0 + $1.failed }
        block.add(
            "Calls",
            CountFormat.grouped(succeeded + failed) + (failed > 0 ? ", \(CountFormat.grouped(failed)) failed" : ""),
            failed > 0 ? .red : .plain)
        block.add("Throughput", throughputText(report))
        if let delay = report.startDelay {
            let delays = LatencySummary(LatencyHistogram(delay))
            block.add(
                "Start delay",
                "p50 \(time(delays.p50Ns)), p99 \(time(delays.p99Ns)), max \(time(delays.maxNs)): "
                    + "how late this command began its calls")
        }
        if report.heldBack > 0 {
            let limit = terms.inFlightLimit.map { " of \(CountFormat.grouped(UInt64(max(0, $0))))" } ?? ""
            block.add(
                "Held back", "\(CountFormat.phrase(report.heldBack, "call")) began late at the limit\(limit) in flight",
                .yellow)
        }
        return block
    }

    static func loadText(_ report: LoadReport) -> String {
        let terms = report.terms
        var parts: [String] = []
        if let rate = terms.rate {
            parts.append("open loop at \(RateFormat.text(rate))")
            parts.append(CountFormat.phrase(terms.connections, "connection"))
        } else {
            parts.append("closed loop")
            parts.append("\(CountFormat.phrase(terms.connections, "connection")) x \(terms.inFlight ?? 0) in flight")
        }
        if report.processes > 1 { parts.append(CountFormat.phrase(report.processes, "process", "processes")) }
        let before = terms.rampMs + terms.warmUpMs
        let measured = DurationFormat.text(ms: report.windowNs / 1_000_000)
        parts.append(before > 0 ? "\(measured) after \(DurationFormat.text(ms: before))" : measured)
        if let bytes = terms.payloadBytes { parts.append("\(CountFormat.grouped(UInt64(max(0, bytes)))) B each") }
        if let size = terms.pageSize { parts.append("pages of \(size)") }
        if let size = terms.batchSize { parts.append("batches of \(size)") }
        if let watchers = terms.watchers { parts.append(CountFormat.phrase(watchers, "watcher")) }
        return parts.joined(separator: ", ")
    }

    private func tasksText(_ terms: RunTerms) -> String {
        CountFormat.phrase(terms.tasks, "prepared task")
            + (terms.migratesDatabases ? ", each migrating a database" : ", which touch no database")
    }

    private func throughputText(_ report: LoadReport) -> String {
        var text = RateFormat.text(report.throughput)
        if let rate = report.terms.rate { text += " of \(RateFormat.text(rate)) asked for" }
        for operation in report.driven where operation.itemsInWindow != operation.endedInWindow {
            let rate = RateFormat.text(LoadReport.perSecond(operation.itemsInWindow, report.windowNs), of: "tasks")
            text += "; \(operation.name): \(rate)"
        }
        return text
    }

    private func latencyTable(_ report: LoadReport) -> [String] {
        var table = TextTable([
            .init(title: "LATENCY"), .init(title: "CALLS", alignment: .right),
            .init(title: "P50", alignment: .right), .init(title: "P90", alignment: .right, rank: 1),
            .init(title: "P99", alignment: .right), .init(title: "P99.9", alignment: .right, rank: 2),
            .init(title: "P99.99", alignment: .right, rank: 3), .init(title: "MAX", alignment: .right),
        ])
        for operation in report.operations {
            table.rows.append(row(operation.name, LatencyHistogram(operation.latency), .plain))
            if let failed = operation.failedLatency {
                table.rows.append(row("\(operation.name), failed", LatencyHistogram(failed), .red))
            }
        }
        if report.driven.count > 1 { table.rows.append(row("all", report.combinedLatency, .bold)) }
        return table.lines(style: style)
    }

    private func row(_ name: String, _ histogram: LatencyHistogram, _ ink: Ink) -> [TextTable.Cell] {
        let cells = LatencySummary(histogram).columns.map { column in
            TextTable.Cell(histogram.isEmpty ? "-" : time(column.ns), ink)
        }
        return [.init(name, ink), .init(CountFormat.grouped(histogram.count), ink)] + cells
    }

    private func time(_ ns: UInt64) -> String { LatencyFormat.text(ns, usesUnicode: style.usesUnicode) }

    /// What a reader must know of the loop to read the latencies.
    static func loopNote(_ report: LoadReport) -> String {
        report.terms.rate != nil
            ? "Each latency counts from the time at which its call was to be sent, also when it was sent later."
            : "A closed loop sends the next call when the last was answered: while the server is slow, it sends less, and "
                + "the waiting of the calls that were not sent is not seen (coordinated omission). Use --rate to measure "
                + "latency."
    }
}
