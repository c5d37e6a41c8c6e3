import CutoverConsole
import CutoverModel

/// The findings of a pre-check, the gravest first.
struct FindingsRenderer: Sendable {
    var style: TextStyle

    func lines(_ report: PreCheckReport) -> [String] {
        let errors = report.findings.count { $0.severity == .error }
        let warnings = report.findings.count { $0.severity == .warning }
        var title = style.paint("Pre-check", .bold)
        if report.findings.isEmpty {
            title += "  " + style.paint("nothing found", .green)
        } else {
            let ink: Ink = errors > 0 ? .red : warnings > 0 ? .yellow : .plain
            title += "  " + style.paint(countsText(report, errors: errors, warnings: warnings), ink)
        }
        var lines = [title]
        lines += sizeBlock(report).lines(style: style, nameWidth: 8)
        let ordered = report.findings.enumerated().sorted { left, right in
            let ranks = (left.element.severity.rawValue, right.element.severity.rawValue)
            return ranks.0 == ranks.1 ? left.offset < right.offset : ranks.0 > ranks.1
        }
        for (_, finding) in ordered { lines += findingLines(finding) }
        if report.truncated { lines.append("  There were more findings than the server keeps.") }
        return lines
    }

    private func countsText(_ report: PreCheckReport, errors: Int, warnings: Int) -> String {
        let notes = report.findings.count - errors - warnings
        var parts: [String] = []
        if errors > 0 { parts.append(CountFormat.phrase(errors, "error")) }
        if warnings > 0 { parts.append(CountFormat.phrase(warnings, "warning")) }
        if notes > 0 { parts.append(CountFormat.phrase(notes, "note")) }
        return parts.joined(separator: ", ")
    }

    private func sizeBlock(_ report: PreCheckReport) -> FieldBlock {
        var block = FieldBlock(indent: 2)
        block.add("Source", report.sourceVersion)
        block.add("Destination", report.destinationVersion)
        if report.tables > 0 {
            let tables = CountFormat.phrase(report.tables, "table")
            let rows = "about \(CountFormat.phrase(report.rows, "row"))"
            block.add("Size", "\(tables), \(rows), \(ByteFormat.text(report.bytes))")
        }
        if report.triggers > 0 || report.events > 0 {
            let triggers = CountFormat.phrase(report.triggers, "trigger")
            block.add("Objects", "\(triggers), \(CountFormat.phrase(report.events, "event"))")
        }
        return block
    }

    private func findingLines(_ finding: PreCheckFinding) -> [String] {
        let object = finding.object.isEmpty ? "" : "  \(TextWidth.harmless(finding.object))"
        let severity = style.paint(TextWidth.pad(finding.severity.name, to: 7), finding.severity.ink)
        var lines = ["  \(severity)  \(TextWidth.harmless(finding.code))\(object)"]
        for text in [finding.message, finding.advice] {
            let safe = TextWidth.harmless(text)
            lines += TextWidth.fold(safe, to: style.proseColumns - 11).map { String(repeating: " ", count: 11) + $0 }
        }
        return lines
    }
}
