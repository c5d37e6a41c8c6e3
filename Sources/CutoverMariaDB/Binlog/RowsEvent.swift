/// A WRITE, UPDATE or DELETE rows event: its rows stay encoded until they are asked for one by one.
///
/// A single event can be as large as the statement that made it (90 MB was seen), so the decoder hands rows out
/// through ``forEachRow(of:isUnsigned:_:)`` and never as a list.
public struct RowsEvent: Sendable, Equatable {
    public enum Kind: Sendable, Hashable { case write, update, delete }

    public var kind: Kind
    public var tableID: UInt64
    public var flags: UInt16
    public var columnCount: Int
    /// Columns present in the only image, or in the before image of an update.
    public var present: Bitmap
    /// Columns present in the after image of an update.
    public var presentAfter: Bitmap
    /// The whole event; the rows lie in ``rows``.
    let packet: [UInt8]
    let rows: Range<Int>

    /// Whether the statement ends here (STMT_END_F): its table maps may be dropped.
    public var endsStatement: Bool { flags & 0x01 != 0 }
    /// Whether the source's session had foreign_key_checks off.
    public var disablesForeignKeyChecks: Bool { flags & 0x02 != 0 }
    /// Whether the source's session had check_constraint_checks off.
    public var disablesCheckConstraints: Bool { flags & 0x80 != 0 }
    /// Size of the encoded rows in bytes.
    public var encodedBytes: Int { rows.count }
    /// A rows event that names no table, sent only to end a statement.
    public var isDummy: Bool { columnCount == 0 || tableID == 0xFF_FFFF || tableID == 0xFFFF_FFFF_FFFF }

    init(
        kind: Kind, version: Int, tableIDWidth: Int, packet: [UInt8], end: Int, reading reader: inout BinlogReader
    ) throws(BinlogDecodeError) {
        self.kind = kind
        tableID = try reader.littleEndian(tableIDWidth)
        flags = try reader.uint16()
        if version == 2 {
            let extra = Int(try reader.uint16())
            guard extra >= 2 else { throw BinlogDecodeError(.malformed, "rows event extra data length") }
            try reader.skip(extra - 2)
        }
        columnCount = try reader.packedLength()
        guard columnCount <= TableMap.columnLimit else {
            throw BinlogDecodeError(.malformed, "rows event with \(columnCount) columns")
        }
        present = try reader.bitmap(columnCount)
        presentAfter = kind == .update ? try reader.bitmap(columnCount) : present
        self.packet = packet
        rows = reader.offset..<max(reader.offset, min(end, packet.count))
    }

    /// Decodes the rows in order and lends each to `body`.
    ///
    /// - Parameters:
    ///   - map: the table map with this event's table id.
    ///   - isUnsigned: whether the integer column at a position is UNSIGNED; the binlog does not say by itself.
    ///   - body: takes the row change; values of absent columns are nil.
    public func forEachRow(
        of map: TableMap, isUnsigned: [Bool], _ body: (RowChange) throws -> Void
    ) throws {
        guard map.columns.count == columnCount else {
            throw BinlogDecodeError(
                .malformed, "rows event has \(columnCount) columns, its table map \(map.columns.count)")
        }
        try packet.withUnsafeBytes { bytes in
            var reader = BinlogReader(bytes, from: rows.lowerBound, to: rows.upperBound)
            let decoder = RowDecoder(columns: map.columns, isUnsigned: isUnsigned)
            while !reader.isAtEnd {
                let start = reader.offset
                let first = try decoder.row(&reader, present: present)
                switch kind {
                case .write: try body(RowChange(before: nil, after: first))
                case .delete: try body(RowChange(before: first, after: nil))
                case .update:
                    try body(RowChange(before: first, after: try decoder.row(&reader, present: presentAfter)))
                }
                guard reader.offset > start else { throw BinlogDecodeError(.malformed, "row of no bytes") }
            }
        }
    }
}

/// One changed row: an insert has no ``before``, a delete no ``after``.
public struct RowChange: Sendable, Equatable {
    public var before: RowImage?
    public var after: RowImage?
}

/// The columns of a row by position; nil where the event does not carry the column (`binlog_row_image=MINIMAL`).
public typealias RowImage = [ColumnValue?]
