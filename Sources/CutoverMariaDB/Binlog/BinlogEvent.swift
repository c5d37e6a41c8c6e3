/// A decoded binlog event, as far as an applier needs it.
public enum BinlogEvent: Sendable, Equatable {
    case formatDescription(FormatDescription)
    /// The next binlog file and the position in it.
    case rotate(file: String, position: UInt64)
    case gtid(GTIDEvent)
    /// The position at the start of a file, or (``GTIDList/isUntilReached``) the end of a bounded dump.
    case gtidList(GTIDList)
    case query(QueryEvent)
    case xid(UInt64)
    case tableMap(TableMap)
    case rows(RowsEvent)
    case annotateRows
    /// INSERT_ID, LAST_INSERT_ID, RAND or a user variable: in front of a statement-format statement.
    case statementContext(BinlogEventType)
    /// LOAD DATA in statement format.
    case loadQuery
    /// The group ended with a prepared XA transaction, or (one phase) committed.
    case xaPrepare(isOnePhase: Bool)
    case heartbeat(file: String)
    case binlogCheckpoint
    case stop
    case incident
    case startEncryption
    /// An event that needs inflating (`log_bin_compress=ON`): refused here and by name at pre-check.
    case compressed(BinlogEventType)
    /// An unknown type that the source marked as safe to skip.
    case ignorable(BinlogEventType)
    case unknown(BinlogEventType)
}

/// The FORMAT_DESCRIPTION event: the source's version and how later events are laid out.
public struct FormatDescription: Sendable, Equatable {
    public var serverVersion: String
    public var headerLength: Int
    /// Post-header length by type code minus one.
    public var postHeaderLengths: [UInt8]
    public var hasChecksums: Bool

    func postHeaderLength(of type: BinlogEventType) -> Int? {
        let index = Int(type.rawValue) - 1
        return postHeaderLengths.indices.contains(index) ? Int(postHeaderLengths[index]) : nil
    }
}

/// The GTID event that opens each event group.
public struct GTIDEvent: Sendable, Equatable {
    public var gtid: GTID
    public var flags: UInt8
    public var commitID: UInt64?
    /// Format id, lengths and bytes of the XA transaction id, when the group prepares or completes one.
    public var xaID: [UInt8]?
    /// What a two-phase ALTER (`binlog_alter_two_phase=1`) says about this group.
    public var alterPhase: AlterPhase?

    public enum AlterPhase: Sendable, Equatable {
        case start
        /// Names the sequence number of its START group.
        case commit(startSequence: UInt64)
        case rollback(startSequence: UInt64)
    }

    /// The group is one statement without a closing COMMIT or XID.
    public var isStandalone: Bool { flags & 0x01 != 0 }
    public var isTransactional: Bool { flags & 0x04 != 0 }
    public var isDDL: Bool { flags & 0x20 != 0 }
    public var isPreparedXA: Bool { flags & 0x40 != 0 }
    public var isCompletedXA: Bool { flags & 0x80 != 0 }
}

/// A GTID_LIST event.
public struct GTIDList: Sendable, Equatable {
    public var gtids: [GTID]
    /// The source has sent everything up to `@slave_until_gtid`.
    public var isUntilReached: Bool
}

/// A QUERY event: a statement, with the session settings it ran under.
public struct QueryEvent: Sendable, Equatable {
    public var threadID: UInt32
    public var errorCode: UInt16
    public var database: String
    public var statement: [UInt8]
    public var context: Context

    /// Session settings recorded with the statement; nil where the source did not write one.
    public struct Context: Sendable, Equatable {
        public var flags2: UInt32?
        public var sqlMode: UInt64?
        public var autoIncrement: (increment: UInt16, offset: UInt16)?
        /// Collation ids of character_set_client, collation_connection and collation_server.
        public var clientCharset: UInt16?
        public var connectionCollation: UInt16?
        public var serverCollation: UInt16?
        public var timeZone: String?
        public var localeNumber: UInt16?
        public var databaseCollation: UInt16?
        public var invoker: String?
        public var microseconds: UInt32?
        public var ddlXid: UInt64?

        public init() {}

        /// Whether the session had foreign_key_checks off (OPTION_NO_FOREIGN_KEY_CHECKS).
        public var disablesForeignKeyChecks: Bool { (flags2 ?? 0) & 0x0400_0000 != 0 }

        public static func == (left: Context, right: Context) -> Bool {
            left.flags2 == right.flags2 && left.sqlMode == right.sqlMode
                && left.autoIncrement?.increment == right.autoIncrement?.increment
                && left.autoIncrement?.offset == right.autoIncrement?.offset
                && left.clientCharset == right.clientCharset
                && left.connectionCollation == right.connectionCollation
                && left.serverCollation == right.serverCollation && left.timeZone == right.timeZone
                && left.localeNumber == right.localeNumber && left.databaseCollation == right.databaseCollation
                && left.invoker == right.invoker && left.microseconds == right.microseconds
                && left.ddlXid == right.ddlXid
        }
    }
}
