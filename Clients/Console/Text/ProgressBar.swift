/// A bar such as `█████▌    ` that shows how far something has come.
package struct ProgressBar: Sendable, Hashable {
    /// Columns of the bar.
    package var width: Int

    package init(width: Int) {
        self.width = width
    }

    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// The bar for `done` of `total`, without colour. Empty when the total is 0; full when done exceeds it.
    package func text(done: UInt64, total: UInt64, style: TextStyle) -> String {
        guard width > 0 else { return "" }
        let fraction = total == 0 ? 0 : min(1, Double(done) / Double(total))
        if style.usesUnicode {
            let cells = Int((fraction * Double(width) * 8).rounded(.down))
            let part = Self.eighths[cells % 8]
            let full = String(repeating: "█", count: cells / 8) + part
            return full + String(repeating: "░", count: width - cells / 8 - (part.isEmpty ? 0 : 1))
        }
        let full = Int((fraction * Double(width)).rounded(.down))
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "]"
    }

    /// A percentage such as ` 42%`, always four columns; never 100% before everything is done.
    package static func percent(done: UInt64, total: UInt64) -> String {
        guard total > 0 else { return "  0%" }
        let percent = done >= total ? 100 : min(99, Int(Double(done) / Double(total) * 100))
        return TextWidth.pad("\(percent)%", to: 4, alignment: .right)
    }
}
