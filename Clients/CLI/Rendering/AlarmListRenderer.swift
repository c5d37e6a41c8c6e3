import CutoverConsole
import CutoverModel

/// The table and the lines of `cutover alarms`.
struct AlarmListRenderer: Sendable {
    var style: TextStyle

    private static let noteIndent = 4

    func lines(_ alarms: [Alarm]) -> [String] {
        guard !alarms.isEmpty else { return ["No alarms."] }
        var table = TextTable([
            .init(title: "RAISED"),
            .init(title: "ALARM"),
            .init(title: "TASK", isFlexible: true),
            .init(title: "TIMES", alignment: .right, rank: 1),
            .init(title: "CLEARED", rank: 2),
            .init(title: "TASK ID", rank: 3),
        ])
        for alarm in alarms {
            table.rows.append([
                .init(TimeFormat.text(ms: alarm.raisedAtMs), .dim),
                .init(alarm.kind.name, alarm.ink),
                .init(alarm.subject),
                .init(String(alarm.count)),
                .init(alarm.isActive ? "" : TimeFormat.text(ms: alarm.clearedAtMs), .green),
                .init(alarm.taskName.isEmpty ? "" : alarm.taskId, .dim),
            ])
        }
        // Below each row stands what it means, so the table is one row a line.
        let rows = table.lines(style: style)
        return rows.prefix(1) + zip(rows.dropFirst(), alarms).flatMap { [$0] + notes($1) }
    }

    private func notes(_ alarm: Alarm) -> [String] {
        var lines = note(alarm.message, .plain)
        if !alarm.isActive {
            let why = alarm.clearedReason.isEmpty ? "" : ": \(alarm.clearedReason)"
            lines += note("cleared \(TimeFormat.text(ms: alarm.clearedAtMs))\(why)", .green)
        } else if alarm.repeatedAtMs > 0 {
            lines += note("last said \(TimeFormat.text(ms: alarm.repeatedAtMs))", .dim)
        }
        return lines
    }

    private func note(_ text: String, _ ink: Ink) -> [String] {
        let margin = String(repeating: " ", count: Self.noteIndent)
        return TextWidth.fold(TextWidth.harmless(text), to: style.proseColumns - Self.noteIndent)
            .map { margin + style.paint($0, ink) }
    }

    /// One line for a change of an alarm, and what it says below.
    func watchLines(_ alarm: Alarm) -> [String] {
        let word = style.paint(TextWidth.pad(alarm.changeWord, to: 8), alarm.isActive ? .plain : .green)
        let kind = style.paint(alarm.kind.name, alarm.ink)
        let room = style.columns - 10 - 10 - TextWidth.columns(of: alarm.kind.name) - 2
        let task = TextWidth.cut(TextWidth.harmless(alarm.subject), to: max(8, room), style: style)
        let head = "\(TimeFormat.clock(ms: alarm.changedAtMs))  \(word)  \(kind)  \(style.paint(task, .bold))"
        return [head] + note(alarm.isActive ? alarm.message : alarm.clearedReason, .dim)
    }
}
