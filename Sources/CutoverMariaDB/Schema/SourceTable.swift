/// One column as `information_schema.columns` shows it.
struct SourceColumn: Sendable, Hashable {
    var name: String
    /// The bare type in lower case, such as `varchar`.
    var dataType: String
    /// The type in full, such as `varchar(20)`.
    var columnType: String
    var isNullable: Bool
    /// Character set of a text column.
    var characterSet: String?
    var isGenerated: Bool
}

/// One table, view or sequence of the source.
struct SourceTable: Sendable, Hashable {
    enum Kind: String, Sendable {
        case table = "BASE TABLE"
        case view = "VIEW"
        case sequence = "SEQUENCE"
        case versioned = "SYSTEM VERSIONED"
    }

    var database: String
    var name: String
    var kind: Kind
    var engine: String
    /// Estimates of the source's statistics.
    var rowsEstimated: UInt64
    var dataBytes: UInt64
    var columns: [SourceColumn] = []
    /// Columns of the primary key, else of a unique key without NULLs; empty if there is neither.
    var keyColumns: [String] = []

    /// `database.table`, as in `excludedTables`.
    var path: String { "\(database).\(name)" }
    var quoted: String { SQLText.name(database, name) }
    var isInnoDB: Bool { engine.lowercased() == "innodb" }

    func column(_ name: String) -> SourceColumn? { columns.first { $0.name == name } }
}

/// A stored procedure, function or package.
struct SourceRoutine: Sendable, Hashable {
    var database: String
    var name: String
    /// `PROCEDURE`, `FUNCTION`, `PACKAGE` or `PACKAGE BODY`.
    var type: String
    var definer: String
    /// True when the server would call it unsafe for the binary log (error 1418).
    var isUnsafeForBinlog: Bool
}
