import CutoverConsole

/// Writes calls a second.
enum RateFormat {
    /// Such as `19,998/s` or `19,998 tasks/s`; with a decimal below 100.
    static func text(_ rate: Double, of things: String = "") -> String {
        let unit = (things.isEmpty ? "" : " \(things)") + "/s"
        guard rate.isFinite, rate >= 0, rate < 1e15 else { return "-" }
        if rate < 100 {
            let tenths = UInt64((rate * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10)\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
        }
        return "\(CountFormat.grouped(UInt64(rate.rounded())))\(unit)"
    }
}
