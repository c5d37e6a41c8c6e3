/// What the destination says about a table: enough to bind the values of its rows.
///
/// The destination's definition is the right one for a row event: all changes of schema before the event were applied, none
/// after it.
final class TableDefinition: Sendable {
    enum Kind: Sendable, Equatable {
        case base
        case sequence
        /// System-versioned tables, views and whatever else rows must not go to.
        case other(String)
    }

    let database: String
    let table: String
    let kind: Kind
    let columns: [ColumnDefinition]
    /// Columns of the primary key, or of the first unique key without NULLs and prefixes; empty: none.
    let key: [Int]
    /// Whether changes of rows with distinct keys may be reordered and joined: the key compares byte by byte, no other
    /// unique key and no foreign key ties rows together.
    let isReorderable: Bool
    let isUnsigned: [Bool]
    /// Columns that can be written: all but generated ones.
    let writable: [Int]

    init(
        database: String, table: String, kind: Kind, columns: [ColumnDefinition], key: [Int],
        hasOtherUniqueKeys: Bool, hasForeignKeys: Bool
    ) {
        self.database = database
        self.table = table
        self.kind = kind
        self.columns = columns
        self.key = key
        isReorderable =
            !key.isEmpty && !hasOtherUniqueKeys && !hasForeignKeys && key.allSatisfy { columns[$0].comparesExactly }
        isUnsigned = columns.map(\.isUnsigned)
        writable = columns.indices.filter { !columns[$0].isGenerated }
    }

    var displayName: String { "\(database).\(table)" }
    var sqlName: String { SQLText.name(database, table) }
}

/// One column at the destination.
struct ColumnDefinition: Sendable, Equatable {
    var name: String
    /// `DATA_TYPE` of information_schema, in lower case.
    var dataType: String
    var isUnsigned: Bool
    var isGenerated: Bool
    /// Nil for columns without a character set, BINARY among them.
    var characterSet: String?
    /// Length of BINARY and VARBINARY in bytes.
    var byteLength: Int?
    var fractionDigits: Int

    /// How values of the column are sent.
    var parameter: ParameterKind {
        switch dataType {
        case "tinyint", "smallint", "mediumint", "int", "bigint": return isUnsigned ? .unsigned : .signed
        case "year": return .signed
        case "bit", "enum", "set": return .unsigned
        case "float": return .float
        case "double": return .double
        case "decimal": return .decimal
        default: return .bytes
        }
    }

    /// Whether equal keys have equal bytes: not so for text, where the collation decides, nor for floating point.
    var comparesExactly: Bool {
        switch dataType {
        case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "float", "double": return false
        case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
            "geometrycollection", "tinyblob", "blob", "mediumblob", "longblob":
            return false
        default: return true
        }
    }

    /// The comparison of the column with one parameter, where every byte counts (tables without a key).
    var exactComparison: String {
        let column = SQLText.name(name)
        if characterSet != nil, dataType != "enum", dataType != "set" { return "CAST(\(column) AS BINARY) <=> ?" }
        // As a number a SET is signed: member 64 would make it negative.
        if dataType == "enum" || dataType == "set" { return "CAST(\(column) AS UNSIGNED) <=> ?" }
        return "\(column) <=> ?"
    }
}

/// The client-side type of a statement parameter.
enum ParameterKind: Sendable, Equatable {
    case signed, unsigned, float, double, decimal, bytes
}
