import CutoverConsole
import CutoverModel

/// A table of triggers, events and counters with what became, or would become, of each.
struct ObjectsRenderer: Sendable {
    var style: TextStyle

    func lines(_ objects: [ObjectOutcome]) -> [String] {
        var table = TextTable([
            .init(title: "KIND"), .init(title: "NAME", isFlexible: true), .init(title: "RESULT"),
        ])
        for object in objects {
            table.rows.append([
                .init(object.kind.words), .init(ReceiptRenderer.objectName(object)),
                .init(object.result.words, object.result.ink),
            ])
        }
        var lines: [String] = []
        for (index, line) in table.lines(style: style).enumerated() {
            lines.append(line)
            guard index > 0, !objects[index - 1].message.isEmpty else { continue }
            let folded = TextWidth.fold(TextWidth.harmless(objects[index - 1].message), to: style.columns - 4)
            lines += folded.map { "    " + style.paint($0, .dim) }
        }
        return lines
    }
}
