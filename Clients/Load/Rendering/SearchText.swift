import CutoverConsole

/// A search for the highest rate, as text: a line for each rate that was tried, and what was found.
struct SearchText: Sendable {
    var style: TextStyle

    func head(limit ns: UInt64) -> [String] {
        let limit = LatencyFormat.text(ns, usesUnicode: style.usesUnicode)
        return [
            "Looking for the highest rate with p99 of at most \(limit)", "",
            style.paint(line("RATE", "ANSWERED", "P99", ""), .dim),
        ]
    }

    func line(_ step: StepSearch.Step) -> String {
        let text = line(
            RateFormat.text(step.rate), RateFormat.text(step.achievedRate),
            LatencyFormat.text(step.p99Ns, usesUnicode: style.usesUnicode), step.verdict.words)
        return style.paint(text, step.verdict == .sustained ? .green : .plain)
    }

    func verdict(_ search: StepSearch) -> [String] {
        guard let best = search.best else { return ["", "No rate that was tried was sustained."] }
        let p99 = LatencyFormat.text(best.p99Ns, usesUnicode: style.usesUnicode)
        return ["", style.paint("\(RateFormat.text(best.rate)) is sustained, with p99 \(p99).", .bold)]
    }

    private func line(_ rate: String, _ answered: String, _ p99: String, _ verdict: String) -> String {
        let columns = [rate, answered, p99].map { TextWidth.pad($0, to: 12, alignment: .right) }
        return (columns + [verdict]).joined(separator: "  ").trimmingSuffix(" ")
    }
}

extension String {
    /// Without these characters at its end.
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}
