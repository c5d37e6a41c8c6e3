import CutoverConsole
import CutoverModel

/// The table of `cutover audit list`.
struct AuditListRenderer: Sendable {
    var style: TextStyle

    func lines(_ records: [AuditedRecord]) -> [String] {
        guard !records.isEmpty else { return ["No records."] }
        var table = TextTable([
            .init(title: "RECORD", alignment: .right),
            .init(title: "TIME"),
            .init(title: "WHAT"),
            .init(title: "TASK", isFlexible: true),
            .init(title: "DRAINED", rank: 2),
            .init(title: "BY", rank: 1),
            .init(title: "STOP", rank: 3),
        ])
        for record in records {
            let stop = record.receipt.stop ?? Stop()
            let verdict = ReceiptVerdict(stop)
            let hasEnded = record.isReadable && record.receipt.kind == .stopped
            table.rows.append([
                .init(String(record.receipt.sequence)),
                .init(record.isReadable ? TimeFormat.text(ms: record.receipt.attestedAtMs) : "-", .dim),
                .init(record.receipt.words, record.receipt.ink),
                .init(record.isReadable ? stop.taskName : "(unreadable)"),
                .init(hasEnded ? Self.drainedText(verdict.answer) : "", verdict.ink),
                .init(record.receipt.attestedActor),
                .init(stop.id, .dim),
            ])
        }
        return table.lines(style: style)
    }

    private static func drainedText(_ answer: ReceiptVerdict.Answer) -> String {
        answer == .notApplicable ? "-" : answer.rawValue
    }
}
