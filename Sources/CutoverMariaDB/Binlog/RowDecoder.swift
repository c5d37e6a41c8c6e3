/// Decodes row images by the column types of a table map.
///
/// Source: `Field::unpack` of the MariaDB server for each type.
struct RowDecoder {
    let columns: [ColumnType]
    let isUnsigned: [Bool]

    /// Reads one row image: a bitmap of NULLs among the columns present, then their values.
    func row(_ reader: inout BinlogReader, present: Bitmap) throws(BinlogDecodeError) -> RowImage {
        let nulls = try reader.bitmap(present.population)
        var image = RowImage(repeating: nil, count: columns.count)
        var position = 0
        for index in columns.indices where present[index] {
            if nulls[position] {
                image[index] = .null
            } else {
                let unsigned = index < isUnsigned.count && isUnsigned[index]
                image[index] = try value(&reader, type: columns[index], isUnsigned: unsigned)
            }
            position += 1
        }
        return image
    }

    func value(
        _ reader: inout BinlogReader, type: ColumnType, isUnsigned: Bool
    ) throws(BinlogDecodeError) -> ColumnValue {
        switch type {
        case .integer(let width): return try Self.integer(&reader, width: width, isUnsigned: isUnsigned)
        case .float: return .float(Float(bitPattern: try reader.uint32()))
        case .double: return .double(Double(bitPattern: try reader.uint64()))
        case .decimal(let precision, let scale):
            return .decimal(try Self.decimal(&reader, precision: precision, scale: scale))
        case .year:
            let stored = Int(try reader.uint8())
            return .year(stored == 0 ? 0 : 1900 + stored)
        case .date: return .date(try Self.date(&reader))
        case .time2(let fraction): return .time(try Self.time2(&reader, fraction: fraction))
        case .datetime2(let fraction): return try Self.datetime2(&reader, fraction: fraction)
        case .timestamp2(let fraction): return try Self.timestamp2(&reader, fraction: fraction)
        case .oldTime: return .time(try Self.oldTime(&reader))
        case .oldDatetime: return try Self.oldDatetime(&reader)
        case .oldTimestamp: return .timestamp(microseconds: Int64(try reader.uint32()) * 1_000_000)
        case .bit(let bits): return .bit(try reader.bigEndian((bits + 7) / 8))
        case .string(let maxBytes), .varchar(let maxBytes):
            let length = Int(try reader.littleEndian(maxBytes > 255 ? 2 : 1))
            return .bytes(try reader.array(length))
        case .blob(let width): return .bytes(try reader.array(Int(try reader.littleEndian(width))))
        case .geometry(let width): return .geometry(try reader.array(Int(try reader.littleEndian(width))))
        case .enumeration(let width): return .enumeration(Int(try reader.littleEndian(width)))
        case .set(let width): return .set(try reader.littleEndian(width))
        case .null: return .null
        case .compressed: throw BinlogDecodeError(.unsupported, "COMPRESSED column")
        }
    }

    static func integer(
        _ reader: inout BinlogReader, width: Int, isUnsigned: Bool
    ) throws(BinlogDecodeError) -> ColumnValue {
        let raw = try reader.littleEndian(width)
        if isUnsigned { return .uint(raw) }
        let shift = UInt64(64 - 8 * width)
        return .int(Int64(bitPattern: raw << shift) >> Int64(shift))
    }
}
