/// Draws lines over the lines that it drew before. A pure value: it says what to write to the terminal.
package struct LiveBlock: Sendable {
    private var drawnLines = 0

    /// The most lines that are drawn; more than a screen could not be drawn over.
    package static let lineLimit = 100

    package init() {}

    /// What to write so that these lines stand where the last ones stood.
    package mutating func draw(_ lines: [String], rows: Int) -> String {
        let shown = Array(lines.prefix(max(1, min(Self.lineLimit, rows - 1))))
        var text = cursorToTop
        for line in shown { text += "\u{1B}[2K\(line)\n" }
        text += "\u{1B}[J"
        drawnLines = shown.count
        return text
    }

    /// What to write to take the drawn lines away.
    package mutating func erase() -> String {
        guard drawnLines > 0 else { return "" }
        let text = cursorToTop + "\u{1B}[J"
        drawnLines = 0
        return text
    }

    private var cursorToTop: String {
        drawnLines == 0 ? "" : "\u{1B}[\(drawnLines)F"
    }
}
