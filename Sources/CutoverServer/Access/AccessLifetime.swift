/// How long a token holds, as it is written: `30d`, `12h`, `90m` or `30s`.
public enum AccessLifetime {
    /// The longest taken: ten years.
    static let maxMs: Int64 = 10 * 366 * 86_400_000

    /// - Throws: ``ConfigurationError`` for anything else, nothing, and more than ten years.
    public static func parse(_ text: String) throws(ConfigurationError) -> Int64 {
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count > 0,
            case let (ms, isOver) = count.multipliedReportingOverflow(by: unit), !isOver, ms <= maxMs
        else {
            throw ConfigurationError(
                "\"\(text)\" is no lifetime: write a number and s, m, h or d, such as 30d, up to ten years.")
        }
        return ms
    }
}
