/// Writes moments, always in UTC so that receipts from different machines compare.
enum TimeFormat {
    /// A moment such as `2026-11-23 07:00:04 UTC`; `-` for 0, which means "not yet" on the wire.
    static func text(ms: Int64) -> String {
        guard ms > 0 else { return "-" }
        let parts = parts(ms: ms)
        return "\(parts.date) \(parts.clock) UTC"
    }

    /// The time of day such as `07:00:04`.
    static func clock(ms: Int64) -> String {
        ms > 0 ? parts(ms: ms).clock : "--:--:--"
    }

    /// Civil date and time by Howard Hinnant's days-from-civil scheme, in integers only.
    private static func parts(ms: Int64) -> (date: String, clock: String) {
        let seconds = ms / 1000
        let days = seconds / 86_400
        let second = seconds % 86_400
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let date = "\(year)-\(two(month))-\(two(day))"
        return (date, "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))")
    }

    private static func two(_ value: Int64) -> String {
        value < 10 ? "0\(value)" : String(value)
    }
}
