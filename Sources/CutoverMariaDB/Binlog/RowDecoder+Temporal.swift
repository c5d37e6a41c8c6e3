extension RowDecoder {
    /// DATE: three bytes, `year << 9 | month << 5 | day`.
    static func date(_ reader: inout BinlogReader) throws(BinlogDecodeError) -> BinlogDate {
        let packed = Int(try reader.littleEndian(3))
        return BinlogDate(year: packed >> 9, month: packed >> 5 & 15, day: packed & 31)
    }

    /// A fraction of `digits` digits in half as many bytes, as microseconds.
    private static func fraction(_ reader: inout BinlogReader, digits: Int) throws(BinlogDecodeError) -> Int {
        switch digits {
        case 0: return 0
        case 1, 2: return Int(try reader.bigEndian(1)) * 10_000
        case 3, 4: return Int(try reader.bigEndian(2)) * 100
        default: return Int(try reader.bigEndian(3))
        }
    }

    /// TIME of MySQL 5.6 (`my_time_packed_from_binary`).
    ///
    /// The sign is kept by an offset over whole and fraction together, so a negative time with a fraction has its whole
    /// part rounded down: -00:00:00.5 is stored as whole -1 and fraction 256 - 50.
    static func time2(_ reader: inout BinlogReader, fraction digits: Int) throws(BinlogDecodeError) -> BinlogTime {
        var packed: Int
        if digits >= 5 {
            packed = Int(try reader.bigEndian(6)) - 0x8000_0000_0000
        } else {
            var whole = Int(try reader.bigEndian(3)) - 0x80_0000
            var part = 0
            let width = (digits + 1) / 2
            if width > 0 {
                part = Int(try reader.bigEndian(width))
                if whole < 0, part != 0 {
                    whole += 1
                    part -= width == 1 ? 0x100 : 0x1_0000
                }
                part *= width == 1 ? 10_000 : 100
            }
            packed = whole * 0x100_0000 + part
        }
        let isNegative = packed < 0
        if isNegative { packed = -packed }
        let clock = packed >> 24
        return BinlogTime(
            isNegative: isNegative, hour: clock >> 12 & 0x3FF, minute: clock >> 6 & 0x3F, second: clock & 0x3F,
            microsecond: packed & 0xFF_FFFF)
    }

    /// DATETIME of MySQL 5.6 (`my_datetime_packed_from_binary`).
    static func datetime2(
        _ reader: inout BinlogReader, fraction digits: Int
    ) throws(BinlogDecodeError) -> ColumnValue {
        let packed = Int(try reader.bigEndian(5)) - 0x80_0000_0000
        guard packed >= 0 else { throw BinlogDecodeError(.malformed, "negative DATETIME") }
        let days = packed >> 17
        let clock = packed & 0x1_FFFF
        let date = BinlogDate(year: (days >> 5) / 13, month: (days >> 5) % 13, day: days & 31)
        let time = BinlogTime(
            hour: clock >> 12, minute: clock >> 6 & 0x3F, second: clock & 0x3F,
            microsecond: try fraction(&reader, digits: digits))
        return .datetime(date, time)
    }

    /// TIMESTAMP of MySQL 5.6: big-endian seconds, then the fraction.
    static func timestamp2(
        _ reader: inout BinlogReader, fraction digits: Int
    ) throws(BinlogDecodeError) -> ColumnValue {
        let seconds = Int64(try reader.bigEndian(4))
        return .timestamp(microseconds: seconds * 1_000_000 + Int64(try fraction(&reader, digits: digits)))
    }

    /// TIME before MySQL 5.6: a signed three-byte number HHMMSS.
    static func oldTime(_ reader: inout BinlogReader) throws(BinlogDecodeError) -> BinlogTime {
        let raw = Int(try reader.littleEndian(3))
        let signed = raw >= 0x80_0000 ? raw - 0x100_0000 : raw
        let packed = abs(signed)
        return BinlogTime(
            isNegative: signed < 0, hour: packed / 10_000, minute: packed / 100 % 100, second: packed % 100)
    }

    /// DATETIME before MySQL 5.6: an eight-byte number YYYYMMDDHHMMSS.
    static func oldDatetime(_ reader: inout BinlogReader) throws(BinlogDecodeError) -> ColumnValue {
        let packed = try reader.uint64()
        guard packed <= 99_991_231_235_959 else { throw BinlogDecodeError(.malformed, "DATETIME out of range") }
        let (date, clock) = (Int(packed / 1_000_000), Int(packed % 1_000_000))
        return .datetime(
            BinlogDate(year: date / 10_000, month: date / 100 % 100, day: date % 100),
            BinlogTime(hour: clock / 10_000, minute: clock / 100 % 100, second: clock % 100))
    }
}
