import CutoverConsole
import CutoverModel

/// The text of `cutover task actions`: what may be done now, and why not the rest. The server's words.
struct ActionsRenderer: Sendable {
    var style: TextStyle

    func lines(_ response: ListActionsResponse) -> [String] {
        var lines = ["Status  \(style.paint(response.status.name, response.status.ink))", ""]
        let widest = response.actions.reduce(0) { max($0, $1.action.name.count) }
        for item in response.actions {
            let mark = item.available ? style.paint(style.tick, .green) : style.paint(style.cross, .dim)
            let name = TextWidth.pad(item.action.name, to: widest)
            guard !item.available else {
                lines.append("\(mark) \(name)  available")
                continue
            }
            let reason = TextWidth.harmless("\(item.reason): \(item.explanation)")
            let folded = TextWidth.fold(reason, to: style.proseColumns - widest - 4)
            for (index, text) in folded.enumerated() {
                let head = index == 0 ? "\(mark) \(name)  " : String(repeating: " ", count: widest + 4)
                lines.append(head + style.paint(text, .dim))
            }
        }
        return lines
    }
}
