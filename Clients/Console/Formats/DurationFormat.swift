/// Writes and reads durations: at most two units when written, the unit always shown.
package enum DurationFormat {
    private static let unitMs: [String: UInt64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]

    /// Reads `500ms`, `90s`, `10m`, `1h30m` or `7d` as milliseconds. Always with a unit.
    ///
    /// - Returns: nil when the text is no duration, or one longer than `limitMs`.
    package static func parse(_ text: String, limitMs: UInt64) -> UInt64? {
        var rest = text[...]
        var total: UInt64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = UInt64(digits), let size = unitMs[String(unit)] else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: size)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooLarge, !overflow, sum <= limitMs else { return nil }
            total = sum
        }
        return total
    }

    /// A duration such as `412 ms`, `4.2 s`, `3 m 05 s`, `2 h 04 m`, `3 d 04 h`.
    package static func text(ms: UInt64) -> String {
        if ms == 0 { return "0 s" }
        if ms < 1000 { return "\(ms) ms" }
        if ms < 60_000 {
            let tenths = ms / 100
            return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
        }
        let seconds = ms / 1000
        if seconds < 3600 { return "\(seconds / 60) m \(twoDigits(seconds % 60)) s" }
        let minutes = seconds / 60
        if minutes < 1440 { return "\(minutes / 60) h \(twoDigits(minutes % 60)) m" }
        let hours = minutes / 60
        return "\(hours / 24) d \(twoDigits(hours % 24)) h"
    }

    /// The time between two moments in milliseconds since 1970, or nil when either is missing or they are reversed.
    package static func text(fromMs start: Int64, toMs end: Int64) -> String? {
        guard start > 0, end >= start else { return nil }
        return text(ms: UInt64(end - start))
    }

    private static func twoDigits(_ value: UInt64) -> String {
        value < 10 ? "0\(value)" : String(value)
    }
}
