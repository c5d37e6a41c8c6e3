/// Lines of `Name   value`, the values in one column; long values are folded under their column.
package struct FieldBlock: Sendable {
    private var fields: [(name: String, value: String, ink: Ink)] = []
    private let indent: Int

    package init(indent: Int = 0) {
        self.indent = indent
    }

    /// Adds a field; one without a value is left out.
    package mutating func add(_ name: String, _ value: String?, _ ink: Ink = .plain) {
        guard let value, !value.isEmpty else { return }
        fields.append((name, TextWidth.harmless(value), ink))
    }

    package var isEmpty: Bool { fields.isEmpty }

    /// The lines; the name column is as wide as the longest name, at least `nameWidth`.
    package func lines(style: TextStyle, nameWidth: Int = 0) -> [String] {
        let nameColumns = fields.reduce(nameWidth) { max($0, TextWidth.columns(of: $1.name)) }
        let margin = String(repeating: " ", count: indent)
        let hanging = String(repeating: " ", count: indent + nameColumns + 2)
        let room = max(20, style.proseColumns - indent - nameColumns - 2)
        var lines: [String] = []
        for field in fields {
            let folded = TextWidth.fold(field.value, to: room)
            for (index, text) in folded.enumerated() {
                let head =
                    index == 0 ? margin + style.paint(TextWidth.pad(field.name, to: nameColumns), .dim) + "  " : hanging
                lines.append(head + style.paint(text, field.ink))
            }
        }
        return lines
    }
}
