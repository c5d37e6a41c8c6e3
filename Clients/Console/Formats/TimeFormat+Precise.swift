extension TimeFormat {
    /// A moment with its milliseconds, such as `2026-11-23 07:00:04.012`, in UTC; `-` for 0.
    package static func preciseText(ms: Int64) -> String {
        guard ms > 0 else { return "-" }
        let fraction = String(ms % 1000)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        return text(ms: ms).replacing(" UTC", with: ".\(padded)")
    }
}
