/// Writes and reads moments; written always in UTC so that receipts from different machines compare.
package enum TimeFormat {
    /// A moment such as `2026-11-23 07:00:04 UTC`; `-` for 0, which means "not yet" on the wire.
    package static func text(ms: Int64) -> String {
        guard ms > 0 else { return "-" }
        let parts = parts(ms: ms)
        return "\(parts.date) \(parts.clock) UTC"
    }

    /// The time of day such as `07:00:04`.
    package static func clock(ms: Int64) -> String {
        ms > 0 ? parts(ms: ms).clock : "--:--:--"
    }

    /// Reads `2026-11-23T07:00:04Z` or `2026-11-23 08:00:04.5+01:00` (RFC 3339), or a number since 1970: of seconds, or
    /// of milliseconds when it has 12 digits or more.
    ///
    /// - Returns: milliseconds since 1970, nil when the text is no moment after 1970 with an offset from UTC.
    package static func parse(_ text: String) -> Int64? {
        if text.allSatisfy({ $0.isASCII && $0.isNumber }) {
            guard let number = Int64(text), number > 0, number < 100_000_000_000_000 else { return nil }
            return text.count >= 12 ? number : number * 1000
        }
        let pattern =
            /(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))/
        guard let match = text.wholeMatch(of: pattern)?.output,
            let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3), let hour = Int64(match.4),
            let minute = Int64(match.5), let second = Int64(match.6),
            (1...12).contains(month), (1...Self.days(inMonth: month, of: year)).contains(day), hour < 24, minute < 60,
            second < 60
        else { return nil }
        var offset: Int64 = 0
        if let sign = match.8, let hours = Int64(match.9 ?? ""), let minutes = Int64(match.10 ?? "") {
            guard hours < 24, minutes < 60 else { return nil }
            offset = (hours * 60 + minutes) * (sign == "-" ? -1 : 1)
        }
        let fraction = String((String(match.7 ?? "") + "000").prefix(3))
        let seconds = days(year: year, month: month, day: day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second
        let ms = seconds * 1000 + (Int64(fraction) ?? 0)
        return ms > 0 ? ms : nil
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        let next = month == 12 ? (year + 1, 1) : (year, month + 1)
        return days(year: next.0, month: next.1, day: 1) - days(year: year, month: month, day: 1)
    }

    /// Days from 1970 to a civil date, by the same scheme as ``parts(ms:)``.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
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
