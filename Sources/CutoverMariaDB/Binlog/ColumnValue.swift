/// One value of a row image, as stored by the source and free of any session setting.
public enum ColumnValue: Sendable, Equatable, Hashable {
    case null
    case int(Int64)
    case uint(UInt64)
    case float(Float)
    case double(Double)
    /// A decimal as plain digits with sign and point, without exponent.
    case decimal(String)
    /// CHAR, VARCHAR, TEXT, BLOB and their kin in the column's own character set; trailing pad bytes of CHAR and
    /// BINARY are not in the binlog.
    case bytes([UInt8])
    case date(BinlogDate)
    case time(BinlogTime)
    case datetime(BinlogDate, BinlogTime)
    /// Microseconds since 1970 UTC; 0 is the zero timestamp.
    case timestamp(microseconds: Int64)
    /// 0 or 1901 to 2155.
    case year(Int)
    case bit(UInt64)
    /// Position in the member list, from 1; 0 is the empty error value.
    case enumeration(Int)
    /// Bit n is set for member n.
    case set(UInt64)
    /// MariaDB's stored geometry: 4 bytes of SRID, then WKB.
    case geometry([UInt8])

    /// About how many bytes of memory the value takes, for bounded buffers.
    var footprintBytes: Int {
        switch self {
        case .bytes(let bytes), .geometry(let bytes): return 40 + bytes.count
        case .decimal(let text): return 40 + text.utf8.count
        default: return 40
        }
    }
}

/// A calendar date as stored: zero parts (`2024-00-00`) are legal.
public struct BinlogDate: Sendable, Hashable {
    public var year: Int
    public var month: Int
    public var day: Int

    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }
}

/// A time of day or a span of up to 838 hours.
public struct BinlogTime: Sendable, Hashable {
    public var isNegative: Bool
    public var hour: Int
    public var minute: Int
    public var second: Int
    public var microsecond: Int

    public init(isNegative: Bool = false, hour: Int, minute: Int, second: Int, microsecond: Int = 0) {
        self.isNegative = isNegative
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }
}
