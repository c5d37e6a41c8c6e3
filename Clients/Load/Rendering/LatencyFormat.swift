/// Writes and reads latencies.
enum LatencyFormat {
    private static let units: [(ns: Double, name: String)] = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")]

    /// Three digits and a unit, such as `118 µs`, `1.24 ms`, `12.5 s`.
    static func text(_ ns: UInt64, usesUnicode: Bool = true) -> String {
        guard ns > 0 else { return "0" }
        let value = Double(ns)
        // 999.6 µs is written 1.00 ms.
        let unit = units.first { value >= $0.ns * 0.9995 } ?? (1, "ns")
        let name = unit.name == "µs" && !usesUnicode ? "us" : unit.name
        let scaled = value / unit.ns
        if unit.ns == 1 { return "\(ns) \(name)" }
        if scaled >= 99.95 { return "\(Int(scaled.rounded())) \(name)" }
        let digits = scaled >= 9.995 ? 1 : 2
        return "\(decimal(scaled, digits: digits)) \(name)"
    }

    /// A number with so many digits after its point.
    static func decimal(_ value: Double, digits: Int) -> String {
        let scale = digits == 1 ? 10.0 : 100.0
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let scaled = Int((abs(value) * scale).rounded())
        let fraction = String(scaled % Int(scale))
        let padded = String(repeating: "0", count: digits - fraction.count) + fraction
        return (value < 0 ? "-" : "") + "\(scaled / Int(scale)).\(padded)"
    }

    /// Reads `500us`, `2ms`, `1.5ms` or `1s` as nanoseconds, above 0 and up to an hour.
    static func parse(_ text: String) -> UInt64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let scale: Double
        switch text.dropFirst(number.count) {
        case "ns": scale = 1
        case "us", "µs": scale = 1e3
        case "ms": scale = 1e6
        case "s": scale = 1e9
        default: return nil
        }
        guard let value = Double(number), value.isFinite, value * scale >= 1,
            value * scale <= Double(LatencyHistogram.highestNs)
        else { return nil }
        return UInt64((value * scale).rounded())
    }
}

extension LatencyFormat {
    /// A power of ten as a label: `10 µs`, `1 ms`.
    static func axisText(_ ns: Double) -> String {
        let unit = units.first { ns >= $0.ns * 0.999 } ?? (1, "ns")
        let scaled = ns / unit.ns
        return scaled >= 0.999 && scaled < 1e15 ? "\(Int(scaled.rounded())) \(unit.name)" : "< 1 ns"
    }
}
