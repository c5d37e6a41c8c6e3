import CutoverModel

/// The table of objects with their outcomes, each with its message below.
struct ObjectTableRenderer: Sendable {
    var style: TextStyle

    /// Lines with an indent of two columns; empty without objects.
    func lines(_ objects: [ObjectOutcome]) -> [String] {
        guard !objects.isEmpty else { return [] }
        var table = TextTable([
            .init(title: "KIND"), .init(title: "NAME", isFlexible: true), .init(title: "RESULT"),
        ])
        for object in objects {
            table.rows.append([
                .init(object.kind.words), .init(ReceiptRenderer.objectName(object)),
                .init(object.result.words, object.result.ink),
            ])
        }
        var narrow = style
        narrow.columns = style.proseColumns - 2
        // The table has one line a row, the titles first.
        let rows = table.lines(style: narrow)
        return rows.prefix(1).map { "  " + $0 }
            + zip(rows.dropFirst(), objects).flatMap { row, object in
                let note = TextWidth.fold(TextWidth.harmless(object.message), to: style.proseColumns - 6)
                return ["  " + row] + note.map { "      " + style.paint($0, .dim) }
            }
    }
}
