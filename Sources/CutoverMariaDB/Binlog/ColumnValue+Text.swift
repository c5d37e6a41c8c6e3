extension BinlogDate: CustomStringConvertible {
    public var description: String { String(decoding: utf8Text, as: UTF8.self) }

    /// `YYYY-MM-DD`.
    var utf8Text: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(10)
        text.appendDigits(year, width: 4)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(month, width: 2)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(day, width: 2)
        return text
    }
}

extension BinlogTime: CustomStringConvertible {
    public var description: String { String(decoding: utf8Text, as: UTF8.self) }

    /// `[-]HH:MM:SS[.ffffff]`; the fraction is left out when it is zero.
    var utf8Text: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(17)
        if isNegative { text.append(UInt8(ascii: "-")) }
        text.appendDigits(hour, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(minute, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(second, width: 2)
        if microsecond != 0 {
            text.append(UInt8(ascii: "."))
            text.appendDigits(microsecond, width: 6)
        }
        return text
    }
}

extension ColumnValue {
    /// The UTC text of a timestamp; zero is the zero timestamp, which no calendar has.
    static func timestampText(microseconds: Int64) -> [UInt8] {
        guard microseconds != 0 else { return Array("0000-00-00 00:00:00".utf8) }
        let seconds = microseconds / 1_000_000
        let days = seconds / 86_400
        let daySeconds = Int(seconds % 86_400)
        let time = BinlogTime(
            hour: daySeconds / 3600, minute: daySeconds / 60 % 60, second: daySeconds % 60,
            microsecond: Int(microseconds % 1_000_000))
        return civilDate(daysSince1970: days).utf8Text + [UInt8(ascii: " ")] + time.utf8Text
    }

    /// The proleptic Gregorian date of a day number (days at or after 1970), by the 400-year cycle from 1 March.
    private static func civilDate(daysSince1970: Int64) -> BinlogDate {
        let shifted = daysSince1970 + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return BinlogDate(year: Int(year), month: Int(month), day: Int(day))
    }
}

extension [UInt8] {
    /// Appends a non-negative number, padded with zeros on the left to at least `width` digits.
    fileprivate mutating func appendDigits(_ value: Int, width: Int) {
        let digits = String(Swift.max(0, value)).utf8
        for _ in 0..<Swift.max(0, width - digits.count) { append(UInt8(ascii: "0")) }
        append(contentsOf: digits)
    }
}
