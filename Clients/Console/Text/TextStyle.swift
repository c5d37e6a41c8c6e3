/// What the place that text goes to can show.
package struct TextStyle: Sendable, Hashable {
    /// ANSI colours may be used.
    package var usesColour: Bool
    /// Characters outside ASCII may be used for drawing.
    package var usesUnicode: Bool
    /// Columns of a line. Lines that cannot be broken, such as SQL, may be longer.
    package var columns: Int

    /// Columns of a line that does not go to a terminal: tables are not cut there.
    package static let unboundColumns = 10_000

    /// The narrowest line that renderers lay out for.
    package static let narrowestColumns = 40

    package init(usesColour: Bool = false, usesUnicode: Bool = true, columns: Int = 80) {
        self.usesColour = usesColour
        self.usesUnicode = usesUnicode
        self.columns = max(Self.narrowestColumns, columns)
    }

    /// Columns for text in sentences, which is hard to read in long lines; 80 where nothing bounds the line.
    package var proseColumns: Int { columns >= Self.unboundColumns ? 80 : min(100, columns) }

    /// Text in a colour, or as it is where there are none.
    package func paint(_ text: String, _ ink: Ink) -> String {
        guard usesColour, ink != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(ink.code)m\(text)\u{1B}[0m"
    }

    package var arrow: String { usesUnicode ? "→" : "->" }
    package var ellipsis: String { usesUnicode ? "…" : "..." }
    package var bullet: String { usesUnicode ? "•" : "*" }
    package var tick: String { usesUnicode ? "✓" : "+" }
    package var cross: String { usesUnicode ? "✗" : "x" }
    package var rule: String { usesUnicode ? "─" : "-" }
}

/// A colour or weight of text.
package enum Ink: Sendable, Hashable {
    case plain, bold, dim, red, green, yellow, cyan

    /// The parameter of the ANSI "select graphic rendition" sequence.
    fileprivate var code: String {
        switch self {
        case .plain: "0"
        case .bold: "1"
        case .dim: "2"
        case .red: "31"
        case .green: "32"
        case .yellow: "33"
        case .cyan: "36"
        }
    }
}
