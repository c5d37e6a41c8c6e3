import CutoverConsole
import CutoverModel

/// The table of `cutover batch list`.
struct BatchListRenderer: Sendable {
    var style: TextStyle

    func lines(_ batches: [StopBatch]) -> [String] {
        guard !batches.isEmpty else { return ["No batches."] }
        var table = TextTable([
            .init(title: "ID"),
            .init(title: "STATE"),
            .init(title: "TASKS", alignment: .right),
            .init(title: "ENDED", alignment: .right),
            .init(title: "PROBLEMS", alignment: .right, rank: 1),
            .init(title: "CREATED", rank: 2),
            .init(title: "BY", rank: 3),
            .init(title: "REASON", rank: 4),
        ])
        for batch in batches {
            let summary = batch.summary ?? BatchSummary()
            let problems = summary.problems
            table.rows.append([
                .init(batch.id),
                .init(batch.cancelled ? "\(batch.state.name) (cancelled)" : batch.state.name, batch.state.ink),
                .init(CountFormat.grouped(UInt64(summary.items))),
                .init(CountFormat.grouped(UInt64(summary.ended))),
                .init(problems > 0 ? CountFormat.grouped(problems) : "", .yellow),
                .init(TimeFormat.text(ms: batch.createdAtMs), .dim),
                .init(batch.actor),
                .init(batch.terms?.reason ?? ""),
            ])
        }
        return table.lines(style: style)
    }
}

extension BatchSummary {
    /// Tasks that were not stopped well.
    var problems: UInt64 {
        [rejected, unknown, failed, withdrawn, notAttempted].reduce(0) { $0 + UInt64($1) }
    }

    /// Tasks of which nothing more will be told.
    var ended: UInt64 { UInt64(stopped) + UInt64(alreadyStopped) + problems }
}
