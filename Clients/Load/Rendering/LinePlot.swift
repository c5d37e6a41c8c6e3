import CutoverConsole

/// Lines over two axes, as inline SVG.
struct LinePlot: Sendable {
    struct Line: Sendable {
        var name: String
        /// Which of the page's colours.
        var colour: Int
        var isDashed = false
        var points: [(x: Double, y: Double)]
    }

    var label: String
    var x: PlotAxis
    var y: PlotAxis
    var lines: [Line]

    private static let width = 860.0
    private static let height = 320.0
    private static let left = 70.0
    private static let right = 30.0
    private static let top = 30.0
    private static let bottom = 34.0
    /// The colours that the page's style has.
    static let colours = 8

    var svg: String {
        var text = """
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(HTMLText.inline(label))">

            """
        for tick in y.ticks {
            let at = Self.decimal(placeY(tick.value))
            text +=
                "<line class=\"grid\" x1=\"\(Int(Self.left))\" y1=\"\(at)\" x2=\"\(Int(Self.width - Self.right))\" y2=\"\(at)\"/>"
            text += "<text class=\"axis\" text-anchor=\"end\" x=\"\(Int(Self.left - 8))\" y=\"\(at)\" dy=\"4\">"
            text += "\(HTMLText.inline(tick.label))</text>\n"
        }
        for tick in x.ticks {
            let at = Self.decimal(placeX(tick.value))
            text +=
                "<line class=\"grid\" x1=\"\(at)\" y1=\"\(Int(Self.top))\" x2=\"\(at)\" y2=\"\(Int(Self.height - Self.bottom))\"/>"
            text +=
                "<text class=\"axis\" text-anchor=\"middle\" x=\"\(at)\" y=\"\(Int(Self.height - Self.bottom + 18))\">"
            text += "\(HTMLText.inline(tick.label))</text>\n"
        }
        for line in lines where !line.points.isEmpty { text += path(line) + "\n" }
        return text + legend + "</svg>"
    }

    private func path(_ line: Line) -> String {
        let places = line.points.map { "\(Self.decimal(placeX($0.x))),\(Self.decimal(placeY($0.y)))" }
        let kind = "line c\(line.colour % Self.colours)" + (line.isDashed ? " dashed" : "")
        if places.count == 1, let place = line.points.first {
            let (cx, cy) = (Self.decimal(placeX(place.x)), Self.decimal(placeY(place.y)))
            return "<circle class=\"dot c\(line.colour % Self.colours)\" cx=\"\(cx)\" cy=\"\(cy)\" r=\"3\"/>"
        }
        return "<polyline class=\"\(kind)\" points=\"\(places.joined(separator: " "))\"/>"
    }

    private var legend: String {
        var at = Self.left
        var text = ""
        for line in lines where !line.points.isEmpty {
            let kind = "line c\(line.colour % Self.colours)" + (line.isDashed ? " dashed" : "")
            text += "<line class=\"\(kind)\" x1=\"\(Int(at))\" y1=\"14\" x2=\"\(Int(at + 22))\" y2=\"14\"/>"
            text += "<text x=\"\(Int(at + 28))\" y=\"18\">\(HTMLText.inline(line.name))</text>"
            at += 28 + Double(TextWidth.columns(of: line.name)) * 7.5 + 20
        }
        return text
    }

    private func placeX(_ value: Double) -> Double {
        Self.left + x.place(value) * (Self.width - Self.left - Self.right)
    }

    private func placeY(_ value: Double) -> Double {
        Self.height - Self.bottom - y.place(value) * (Self.height - Self.top - Self.bottom)
    }

    /// A coordinate with one decimal.
    private static func decimal(_ value: Double) -> String { LatencyFormat.decimal(value, digits: 1) }
}
