import CutoverConsole

/// What changed between two reports, as text for people.
struct ComparisonText: Sendable {
    var style: TextStyle

    /// Changes below this are no news: two runs of the same server differ as much.
    static let noise = 0.05

    func lines(_ comparison: Comparison) -> [String] {
        var block = FieldBlock()
        block.add("Before", comparison.before.title)
        block.add("After", comparison.after.title)
        var table = TextTable([
            .init(title: "OPERATION"), .init(title: "WHAT"), .init(title: "BEFORE", alignment: .right),
            .init(title: "AFTER", alignment: .right), .init(title: "RATIO", alignment: .right),
            .init(title: "CHANGE", alignment: .right),
        ])
        var last = ""
        for row in comparison.newsworthyRows {
            table.rows.append([
                .init(row.operation == last ? "" : row.operation), .init(row.name),
                .init(Self.text(row, row.before, style)),
                .init(Self.text(row, row.after, style)), .init(Self.ratio(row)), .init(Self.change(row), ink(row)),
            ])
            last = row.operation
        }
        var lines = block.lines(style: style) + [""] + table.lines(style: style)
        let differences = comparison.differences
        if !differences.isEmpty {
            lines += ["", style.paint("The two runs were not asked to do the same:", .yellow)]
            lines += differences.map { "  " + TextWidth.harmless($0) }
        }
        return lines
    }

    static func text(_ row: Comparison.Row, _ value: Double, _ style: TextStyle) -> String {
        switch row.unit {
        case .rate: RateFormat.text(value)
        case .latency: value > 0 ? LatencyFormat.text(UInt64(value), usesUnicode: style.usesUnicode) : "-"
        case .calls: CountFormat.grouped(UInt64(max(0, min(value, 1e15))))
        }
    }

    static func ratio(_ row: Comparison.Row) -> String {
        row.ratio.map { LatencyFormat.decimal($0, digits: 2) } ?? "-"
    }

    /// Such as `+12 %`; nothing for what is no news.
    static func change(_ row: Comparison.Row) -> String {
        guard let ratio = row.ratio, abs(ratio - 1) >= noise, ratio < 1e6 else { return "" }
        let percent = Int(((ratio - 1) * 100).rounded())
        return "\(percent > 0 ? "+" : "")\(percent) %"
    }

    private func ink(_ row: Comparison.Row) -> Ink {
        guard let ratio = row.ratio, abs(ratio - 1) >= Self.noise else { return .plain }
        return (ratio < 1) == row.smallerIsBetter ? .green : .red
    }
}
