/// The storage type of a column as a TABLE_MAP event tells it: type code plus the metadata that sizes its values.
///
/// Source: `Table_map_log_event` and `Field::save_field_metadata` of the MariaDB server; the codes are
/// `enum_field_types`. ENUM, SET and long CHAR columns hide inside type 254 (see ``init(code:metadata:)``).
public enum ColumnType: Sendable, Equatable {
    /// TINYINT to BIGINT, by width in bytes (1, 2, 3, 4 or 8).
    case integer(width: Int)
    case float
    case double
    case decimal(precision: Int, scale: Int)
    case year
    case date
    /// The three temporal formats of MySQL 5.6, with their number of fraction digits.
    case time2(fraction: Int)
    case datetime2(fraction: Int)
    case timestamp2(fraction: Int)
    /// The older formats (`mysql56_temporal_format=OFF`). Their fraction digits are not in the binlog.
    case oldTime
    case oldDatetime
    case oldTimestamp
    case bit(bits: Int)
    /// CHAR, BINARY, UUID, INET6 and INET4: a fixed length field, sent with a length in front.
    case string(maxBytes: Int)
    case varchar(maxBytes: Int)
    /// BLOB, TEXT, JSON and GEOMETRY, by the width of the length in front (1 to 4).
    case blob(lengthWidth: Int)
    case geometry(lengthWidth: Int)
    case enumeration(width: Int)
    case set(width: Int)
    /// A column declared COMPRESSED (type codes 140 and 141): refused.
    case compressed
    case null

    /// How many metadata bytes follow for a type code.
    static func metadataWidth(code: UInt8) throws(BinlogDecodeError) -> Int {
        switch code {
        case 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14: return 0
        case 4, 5, 17, 18, 19, 140, 249, 250, 251, 252, 255: return 1
        case 15, 16, 141, 246, 247, 248, 253, 254: return 2
        default: throw BinlogDecodeError(.unsupported, "column type code \(code)")
        }
    }

    /// Joins a type code and its metadata bytes.
    ///
    /// For type 254 the first metadata byte is the real type. CHAR columns over 255 bytes store bits 8 and 9 of their
    /// length, inverted, in bits 4 and 5 of that byte: all real types have both bits set.
    init(code: UInt8, metadata: UnsafeRawBufferPointer) throws(BinlogDecodeError) {
        let width = try Self.metadataWidth(code: code)
        guard metadata.count == width else { throw BinlogDecodeError(.malformed, "column metadata size") }
        let first = width > 0 ? Int(metadata[0]) : 0
        let second = width > 1 ? Int(metadata[1]) : 0
        switch code {
        case 1: self = .integer(width: 1)
        case 2: self = .integer(width: 2)
        case 9: self = .integer(width: 3)
        case 3: self = .integer(width: 4)
        case 8: self = .integer(width: 8)
        case 4: self = .float
        case 5: self = .double
        case 6: self = .null
        case 7: self = .oldTimestamp
        case 10, 14: self = .date
        case 11: self = .oldTime
        case 12: self = .oldDatetime
        case 13: self = .year
        case 15: self = .varchar(maxBytes: first | second << 8)
        case 16: self = try .bit(bits: Self.checked(second * 8 + first, in: 1...64, "BIT width"))
        case 17: self = try .timestamp2(fraction: Self.checked(first, in: 0...6, "fraction digits"))
        case 18: self = try .datetime2(fraction: Self.checked(first, in: 0...6, "fraction digits"))
        case 19: self = try .time2(fraction: Self.checked(first, in: 0...6, "fraction digits"))
        case 140, 141: self = .compressed
        case 246:
            let precision = try Self.checked(first, in: 1...65, "DECIMAL precision")
            self = try .decimal(precision: precision, scale: Self.checked(second, in: 0...precision, "DECIMAL scale"))
        case 249, 250, 251, 252: self = try .blob(lengthWidth: Self.checked(first, in: 1...4, "BLOB length width"))
        case 255: self = try .geometry(lengthWidth: Self.checked(first, in: 1...4, "BLOB length width"))
        default: self = try Self.fixedString(realType: first, length: second)
        }
    }

    private static func fixedString(realType: Int, length: Int) throws(BinlogDecodeError) -> ColumnType {
        if realType & 0x30 != 0x30 {
            return .string(maxBytes: length | ((realType & 0x30) ^ 0x30) << 4)
        }
        switch realType {
        case 247: return try .enumeration(width: checked(length, in: 1...2, "ENUM width"))
        case 248: return try .set(width: checked(length, in: 1...8, "SET width"))
        case 254, 253: return .string(maxBytes: length)
        default: throw BinlogDecodeError(.unsupported, "real column type \(realType)")
        }
    }

    private static func checked(
        _ value: Int, in range: ClosedRange<Int>, _ name: String
    ) throws(BinlogDecodeError) -> Int {
        guard range.contains(value) else { throw BinlogDecodeError(.malformed, "\(name) \(value)") }
        return value
    }
}
