/// A table that fits its line: it first leaves out columns of low rank, then cuts the text of the flexible column.
package struct TextTable: Sendable {
    /// A column's title and behaviour.
    package struct Column: Sendable {
        package var title: String
        package var alignment = TextAlignment.left
        /// Columns with a rank above 0 may be left out when the line is too narrow, the highest first.
        package var rank = 0
        /// The text may be cut, down to 8 columns.
        package var isFlexible = false

        package init(
            title: String, alignment: TextAlignment = .left, rank: Int = 0, isFlexible: Bool = false
        ) {
            self.title = title
            self.alignment = alignment
            self.rank = rank
            self.isFlexible = isFlexible
        }
    }

    /// A cell's text and colour.
    package struct Cell: Sendable, ExpressibleByStringInterpolation {
        package var text: String
        package var ink: Ink

        package init(_ text: String, _ ink: Ink = .plain) {
            self.text = TextWidth.harmless(text)
            self.ink = ink
        }

        package init(stringLiteral value: String) {
            self.init(value)
        }
    }

    private static let gap = 2
    private static let narrowestFlexible = 8

    package var columns: [Column]
    package var rows: [[Cell]] = []

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The lines of the table, the titles first.
    package func lines(style: TextStyle) -> [String] {
        var widths = columns.indices.map { index in
            rows.reduce(TextWidth.columns(of: columns[index].title)) { widest, row in
                index < row.count ? max(widest, TextWidth.columns(of: row[index].text)) : widest
            }
        }
        var shown = columns.indices.filter { index in
            columns[index].rank == 0 || rows.contains { index < $0.count && !$0[index].text.isEmpty }
        }
        while overflow(shown, widths, style) > flexibleRoom(shown, widths),
            let least = shown.filter({ columns[$0].rank > 0 }).max(by: { columns[$0].rank < columns[$1].rank })
        {
            shown.removeAll { $0 == least }
        }
        for index in shown where columns[index].isFlexible {
            let excess = overflow(shown, widths, style)
            guard excess > 0 else { break }
            widths[index] = max(Self.narrowestFlexible, widths[index] - excess)
        }
        let titles = columns.map { Cell($0.title, .dim) }
        return ([titles] + rows).map { line($0, shown: shown, widths: widths, style: style) }
    }

    private func line(_ row: [Cell], shown: [Int], widths: [Int], style: TextStyle) -> String {
        var text = ""
        for (place, index) in shown.enumerated() {
            let cell = index < row.count ? row[index] : Cell("")
            let cut = TextWidth.cut(cell.text, to: widths[index], style: style)
            let isLast = place == shown.count - 1
            let fill = String(repeating: " ", count: max(0, widths[index] - TextWidth.columns(of: cut)))
            let painted = style.paint(cut, cell.ink)
            if columns[index].alignment == .right {
                text += fill + painted
            } else {
                text += isLast ? painted : painted + fill
            }
            if !isLast { text += String(repeating: " ", count: Self.gap) }
        }
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }

    private func overflow(_ shown: [Int], _ widths: [Int], _ style: TextStyle) -> Int {
        shown.reduce(0) { $0 + widths[$1] } + max(0, shown.count - 1) * Self.gap - style.columns
    }

    private func flexibleRoom(_ shown: [Int], _ widths: [Int]) -> Int {
        shown.filter { columns[$0].isFlexible }.reduce(0) { $0 + max(0, widths[$1] - Self.narrowestFlexible) }
    }
}
