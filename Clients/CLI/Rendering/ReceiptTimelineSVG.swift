import CutoverConsole
import CutoverModel

/// The picture of a timeline, to stand within a page: its colours are classes of the page's style.
struct ReceiptTimelineSVG: Sendable {
    var timeline: ReceiptTimeline

    // In the picture's own units, which are pixels on a wide screen.
    private static let width = 780.0
    private static let left = 184.0
    private static let right = 684.0
    private static let axisHeight = 24.0
    private static let rowHeight = 24.0
    private static let barHeight = 12.0
    private static let markHeight = 18.0
    /// The shortest phase is still as wide.
    private static let leastBar = 3.0

    var text: String {
        let rowsEnd = Self.axisHeight + Double(timeline.bars.count) * Self.rowHeight
        let marks = [(timeline.noReturn, "noreturn"), (timeline.deadline, "deadline")].compactMap { mark, name in
            mark.map { ($0, name) }
        }
        let height = rowsEnd + 6 + Double(marks.count) * Self.markHeight + 2
        var lines = [
            "<svg viewBox=\"0 0 \(Self.number(Self.width)) \(Self.number(height))\" role=\"img\" "
                + "aria-label=\"Phases of the stop, to scale\">"
        ]
        lines += timeline.ticks.map { tick(place: $0.place, label: $0.label, bottom: rowsEnd) }
        lines += timeline.bars.enumerated().flatMap { index, bar in
            row(bar, top: Self.axisHeight + Double(index) * Self.rowHeight)
        }
        for (index, mark) in marks.enumerated() {
            lines += line(mark.0, mark.1, bottom: rowsEnd + 6 + Double(index) * Self.markHeight)
        }
        lines.append("</svg>")
        return lines.joined(separator: "\n")
    }

    private func tick(place: Double, label: String, bottom: Double) -> String {
        let x = Self.number(x(place))
        return """
            <line class="grid" x1="\(x)" y1="\(Self.number(Self.axisHeight - 4))" x2="\(x)" y2="\(Self.number(bottom))"/>
            <text class="axis" x="\(x)" y="14" text-anchor="middle">\(HTMLText.inline(label))</text>
            """
    }

    private func row(_ bar: ReceiptTimeline.Bar, top: Double) -> [String] {
        let middle = top + Self.rowHeight / 2
        let words = HTMLText.inline(bar.phase.words)
        let baseline = Self.number(middle + 4)
        var lines = [
            "<text class=\"phase\" x=\"\(Self.number(Self.left - 12))\" y=\"\(baseline)\" text-anchor=\"end\">\(words)</text>"
        ]
        let title = "<title>\(words)\(bar.duration.isEmpty ? "" : ", \(HTMLText.inline(bar.duration))")</title>"
        if bar.isInstant {
            lines.append(
                "<circle class=\"\(Self.className(bar.phase))\" cx=\"\(Self.number(x(bar.start)))\" "
                    + "cy=\"\(Self.number(middle))\" r=\"5\">\(title)</circle>")
        } else {
            let width = max(Self.leastBar, bar.length * (Self.right - Self.left))
            let start = min(x(bar.start), Self.right - width)
            lines.append(
                "<rect class=\"\(Self.className(bar.phase))\(bar.isOpen ? " open" : "")\" x=\"\(Self.number(start))\" "
                    + "y=\"\(Self.number(middle - Self.barHeight / 2))\" width=\"\(Self.number(width))\" "
                    + "height=\"\(Self.number(Self.barHeight))\" rx=\"1.5\">\(title)</rect>")
            lines.append(
                "<text class=\"took\" x=\"\(Self.number(Self.width - 2))\" y=\"\(baseline)\" text-anchor=\"end\">"
                    + "\(HTMLText.inline(bar.duration))</text>")
        }
        return lines
    }

    private func line(_ mark: ReceiptTimeline.Mark, _ name: String, bottom: Double) -> [String] {
        let place = x(mark.place)
        let isLate = mark.place > 0.5
        let anchor = isLate ? "end" : "start"
        return [
            "<line class=\"\(name)\" x1=\"\(Self.number(place))\" y1=\"\(Self.number(Self.axisHeight - 4))\" "
                + "x2=\"\(Self.number(place))\" y2=\"\(Self.number(bottom + 13))\"/>",
            "<text class=\"\(name)\" x=\"\(Self.number(place + (isLate ? -6 : 6)))\" "
                + "y=\"\(Self.number(bottom + 12))\" text-anchor=\"\(anchor)\">\(HTMLText.inline(mark.label))</text>",
        ]
    }

    private func x(_ place: Double) -> Double { Self.left + place * (Self.right - Self.left) }

    private static func className(_ phase: StopPhase) -> String {
        switch phase {
        case .waiting: "p-waiting"
        case .accepted: "p-accepted"
        case .draining: "p-draining"
        case .migratingTriggers: "p-triggers"
        case .migratingEvents: "p-events"
        case .releasing: "p-releasing"
        case .stopped: "p-stopped"
        case .failed: "p-failed"
        case .withdrawn: "p-withdrawn"
        case .unspecified, .unrecognized: "p-waiting"
        }
    }

    /// A number with at most one decimal place.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }
}
