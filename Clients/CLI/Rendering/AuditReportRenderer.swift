import CutoverConsole
import CutoverModel

/// The text of `cutover audit verify`.
struct AuditReportRenderer: Sendable {
    var style: TextStyle

    /// - Parameter noted: The head that was given, whose record was found again when nothing is wrong.
    func lines(_ report: AuditReport, noted: AuditHead? = nil) -> [String] {
        let records = CountFormat.phrase(report.records, "record")
        guard report.isGood else {
            let count = report.findings.count
            let problems = "\(report.isTruncated ? "more than " : "")\(CountFormat.phrase(count, "problem"))"
            let head = "\(style.paint(style.cross, .red)) The audit log does not verify: \(problems) in \(records)."
            return [head]
                + report.findings.flatMap { finding in
                    let text = TextWidth.fold(finding.text, to: style.proseColumns - 4)
                    return text.enumerated().map { ($0.offset == 0 ? "  \(style.bullet) " : "    ") + $0.element }
                }
        }
        guard report.records > 0 else { return ["\(style.paint(style.tick, .green)) The audit log is empty."] }
        var text = "\(records), each unchanged and continuing the one before it."
        if let noted, noted.sequence > 0 { text += " Record \(noted.sequence) is the one that --head names." }
        let folded = TextWidth.fold(text, to: style.proseColumns - 2)
        return folded.enumerated().map {
            ($0.offset == 0 ? style.paint(style.tick, .green) + " " : "  ") + $0.element
        } + headLines(report.end)
    }

    private func headLines(_ head: AuditHead) -> [String] {
        let advice =
            "Keep this head elsewhere: `cutover audit verify --head` finds by it whether the log was cut or rewritten."
        return ["  \(AuditHeadArgument(head).text)"]
            + TextWidth.fold(advice, to: style.proseColumns - 2).map { "  " + style.paint($0, .dim) }
    }
}
