/// A TABLE_MAP event: which table an id stands for in the row events that follow, and how its columns are stored.
///
/// One statement may send several maps before its rows, so rows find theirs by ``tableID`` and never by order.
public struct TableMap: Sendable, Equatable {
    public var tableID: UInt64
    public var database: String
    public var table: String
    public var columns: [ColumnType]
    public var nullable: Bitmap
    /// What `binlog_row_metadata` added; empty under NO_LOG, the default.
    public var metadata: OptionalMetadata

    /// The optional part of a TABLE_MAP (`binlog_row_metadata` = MINIMAL or FULL).
    public struct OptionalMetadata: Sendable, Equatable {
        /// For each column whether it is UNSIGNED; nil when not sent. Non-numeric columns are false.
        public var isUnsigned: [Bool]?
        public var columnNames: [String]?
        /// Collation id of each character column in order; nil when not sent.
        public var collations: [Int]?
        public var enumMembers: [[[UInt8]]]?
        public var setMembers: [[[UInt8]]]?
        /// Column positions of the primary key.
        public var primaryKey: [Int]?

        public init() {}
    }

    init(reading reader: inout BinlogReader, tableIDWidth: Int) throws(BinlogDecodeError) {
        tableID = try reader.littleEndian(tableIDWidth)
        try reader.skip(2)
        database = try reader.shortString()
        try reader.skip(1)
        table = try reader.shortString()
        try reader.skip(1)
        let count = try reader.packedLength()
        guard count <= TableMap.columnLimit else {
            throw BinlogDecodeError(.malformed, "table map with \(count) columns")
        }
        let codes = try reader.take(count)
        let metadataBytes = try reader.take(try reader.packedLength())
        var sizes = BinlogReader(metadataBytes)
        var columns: [ColumnType] = []
        columns.reserveCapacity(count)
        for code in codes {
            let width = try ColumnType.metadataWidth(code: code)
            columns.append(try ColumnType(code: code, metadata: try sizes.take(width)))
        }
        self.columns = columns
        nullable = try reader.bitmap(count)
        metadata = try OptionalMetadata(reading: &reader, columns: columns)
    }

    /// MariaDB's own bound on columns of a table (MAX_FIELDS).
    static let columnLimit = 4096
}
