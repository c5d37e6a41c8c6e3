import CutoverConsole

/// What somebody sees while a run goes on: at most 14 lines of at most the terminal's width. A pure value.
struct LiveView: Sendable {
    var title: String
    var style: TextStyle

    func lines(_ progress: RunProgress) -> [String] {
        let head = style.paint(TextWidth.cut(TextWidth.harmless(title), to: style.columns, style: style), .bold)
        switch progress {
        case .preparing(let done, let total):
            let bar = ProgressBar(width: barWidth).text(done: UInt64(done), total: UInt64(total), style: style)
            return [
                head,
                "Preparing tasks  \(bar)  \(CountFormat.grouped(UInt64(done))) of \(CountFormat.grouped(UInt64(total)))",
            ]
        case .running(let sample): return [head] + running(sample)
        case .finishing: return [head, "Waiting for the last answers"]
        case .cleaning(let done): return [head, "Taking the tasks away  \(CountFormat.grouped(UInt64(done)))"]
        }
    }

    private var barWidth: Int { max(10, min(40, style.columns - 40)) }

    private func running(_ sample: RunSample) -> [String] {
        let bar = ProgressBar(width: barWidth).text(
            done: min(sample.elapsedNs, sample.totalNs), total: sample.totalNs, style: style)
        let elapsed = DurationFormat.text(ms: min(sample.elapsedNs, sample.totalNs) / 1_000_000 / 100 * 100)
        let total = DurationFormat.text(ms: sample.totalNs / 1_000_000)
        var lines = ["\(TextWidth.pad(Self.words(sample.phase), to: 12)) \(bar)  \(elapsed) of \(total)", ""]
        var now = RateFormat.text(sample.rates.last ?? 0)
        if let items = sample.itemsPerSecond { now += "  (\(RateFormat.text(items, of: "tasks")))" }
        lines.append("Rate         \(TextWidth.pad(now, to: 12)) \(sparkline(sample.rates))")
        if let inFlight = sample.inFlight {
            lines.append("In flight    \(CountFormat.grouped(UInt64(max(0, inFlight))))")
        }
        lines.append("")
        lines += table(sample)
        lines.append("")
        let calls = "Measured     \(CountFormat.phrase(sample.measured, "call"))"
        lines.append(
            sample.failed == 0 ? calls : calls + style.paint(", \(CountFormat.grouped(sample.failed)) failed", .red))
        for (failure, count) in sample.failures.sorted(by: { $0.value > $1.value }).prefix(3) {
            let text = "             \(CountFormat.grouped(count))  \(TextWidth.harmless(failure.text))"
            lines.append(style.paint(TextWidth.cut(text, to: style.columns, style: style), .red))
        }
        return lines
    }

    private func table(_ sample: RunSample) -> [String] {
        var table = TextTable(
            [.init(title: "LATENCY    ")]
                + sample.total.columns.map { column in
                    .init(
                        title: column.name.uppercased(), alignment: .right, rank: Self.ranks[column.name] ?? 0)
                })
        for (name, summary) in [("now", sample.latest), ("so far", sample.total)] {
            let cells = summary.columns.map { column -> TextTable.Cell in
                let text = column.ns == 0 ? "-" : LatencyFormat.text(column.ns, usesUnicode: style.usesUnicode)
                return .init(TextWidth.pad(text, to: 7, alignment: .right))
            }
            table.rows.append([.init(name)] + cells)
        }
        return table.lines(style: style)
    }

    private static func words(_ phase: RunSample.Phase) -> String {
        switch phase {
        case .ramp: "Ramp"
        case .warmUp: "Warm-up"
        case .measuring: "Measuring"
        case .lastAnswers: "Last answers"
        }
    }

    /// Columns that a narrow terminal goes without, the highest first.
    private static let ranks = ["p90": 1, "p99.9": 2, "p99.99": 3]

    private static let heights = Array("▁▂▃▄▅▆▇█")

    /// The latest rates as a row of bars, each as high as it is to the highest; nothing where they cannot be drawn.
    func sparkline(_ rates: [Double]) -> String {
        guard style.usesUnicode else { return "" }
        let shown = rates.suffix(max(0, min(48, style.columns - 30)))
        let highest = shown.max() ?? 0
        guard highest > 0, highest.isFinite else { return "" }
        return String(
            shown.map { rate in Self.heights[min(7, Int((max(0, rate) / highest * 7).rounded()))] })
    }
}
