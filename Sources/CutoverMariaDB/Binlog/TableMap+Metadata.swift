extension TableMap.OptionalMetadata {
    /// Reads the type-length-value fields at the end of a TABLE_MAP; unknown types are skipped.
    ///
    /// Source: `Table_map_log_event::Optional_metadata_field_type`.
    init(reading reader: inout BinlogReader, columns: [ColumnType]) throws(BinlogDecodeError) {
        self.init()
        while !reader.isAtEnd {
            let type = try reader.uint8()
            var field = BinlogReader(try reader.take(try reader.packedLength()))
            switch type {
            case 1: isUnsigned = try Self.signedness(&field, columns: columns)
            case 2: collations = try Self.defaultCollations(&field, columns: columns)
            case 3: collations = try Self.lengths(&field)
            case 4: columnNames = try Self.names(&field)
            case 5: setMembers = try Self.memberLists(&field)
            case 6: enumMembers = try Self.memberLists(&field)
            case 8: primaryKey = try Self.lengths(&field)
            case 9: primaryKey = try Self.prefixedKey(&field)
            default: continue
            }
        }
        if let names = columnNames, names.count != columns.count {
            throw BinlogDecodeError(.malformed, "\(names.count) column names for \(columns.count) columns")
        }
    }

    /// One bit for each numeric column, highest bit of the first byte first.
    private static func signedness(
        _ field: inout BinlogReader, columns: [ColumnType]
    ) throws(BinlogDecodeError) -> [Bool] {
        let bits = try field.array(field.remaining)
        var flags = [Bool](repeating: false, count: columns.count)
        var bit = 0
        for (index, column) in columns.enumerated() where column.isNumeric {
            guard bit / 8 < bits.count else { throw BinlogDecodeError(.truncated, "signedness bits") }
            flags[index] = bits[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0
            bit += 1
        }
        return flags
    }

    /// A default collation followed by (character column number, collation) pairs.
    private static func defaultCollations(
        _ field: inout BinlogReader, columns: [ColumnType]
    ) throws(BinlogDecodeError) -> [Int] {
        let first = try field.packedLength()
        var result = [Int](repeating: first, count: columns.count(where: \.isCharacter))
        while !field.isAtEnd {
            let index = try field.packedLength()
            let collation = try field.packedLength()
            guard index < result.count else { throw BinlogDecodeError(.malformed, "collation of column \(index)") }
            result[index] = collation
        }
        return result
    }

    private static func lengths(_ field: inout BinlogReader) throws(BinlogDecodeError) -> [Int] {
        var values: [Int] = []
        while !field.isAtEnd { values.append(try field.packedLength()) }
        return values
    }

    private static func names(_ field: inout BinlogReader) throws(BinlogDecodeError) -> [String] {
        var values: [String] = []
        while !field.isAtEnd { values.append(try field.string(try field.packedLength())) }
        return values
    }

    private static func memberLists(_ field: inout BinlogReader) throws(BinlogDecodeError) -> [[[UInt8]]] {
        var lists: [[[UInt8]]] = []
        while !field.isAtEnd {
            let count = try field.packedLength()
            guard count <= field.remaining else { throw BinlogDecodeError(.truncated, "member list") }
            var members: [[UInt8]] = []
            members.reserveCapacity(count)
            for _ in 0..<count { members.append(try field.array(try field.packedLength())) }
            lists.append(members)
        }
        return lists
    }

    /// Pairs of column position and prefix length; the prefix does not matter here.
    private static func prefixedKey(_ field: inout BinlogReader) throws(BinlogDecodeError) -> [Int] {
        var columns: [Int] = []
        while !field.isAtEnd {
            columns.append(try field.packedLength())
            _ = try field.packedLength()
        }
        return columns
    }
}

extension ColumnType {
    /// Whether the signedness bits of a TABLE_MAP cover the column.
    var isNumeric: Bool {
        switch self {
        case .integer, .float, .double, .decimal, .year: return true
        default: return false
        }
    }

    /// Whether the collation list of a TABLE_MAP covers the column.
    var isCharacter: Bool {
        switch self {
        case .string, .varchar, .blob, .compressed: return true
        default: return false
        }
    }
}
