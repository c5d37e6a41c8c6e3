/// The 19 bytes in front of every binlog event.
///
/// Source: MariaDB knowledge base, "2-Binlog Event Header". `nextPosition` is 32 bits wide, wraps past 4 GB and is zero
/// inside transactions since MariaDB 11.4, so nothing here relies on it; progress is told by GTIDs.
public struct BinlogEventHeader: Sendable, Equatable {
    /// The size of the header in bytes.
    public static let size = 19

    /// Seconds since 1970 by the source's clock; 0 for events made up by the dump thread.
    public var timestamp: UInt32
    public var type: BinlogEventType
    public var serverID: UInt32
    /// Length of the whole event with header and checksum, in bytes.
    public var length: UInt32
    public var nextPosition: UInt32
    public var flags: UInt16

    /// Whether the dump thread made the event up (LOG_EVENT_ARTIFICIAL_F).
    public var isArtificial: Bool { flags & 0x0020 != 0 }
    /// Whether a reader that does not know the type may skip it (LOG_EVENT_IGNORABLE_F).
    public var isIgnorable: Bool { flags & 0x0080 != 0 }
    /// Whether the statement depends on its session, as temporary tables do (LOG_EVENT_THREAD_SPECIFIC_F).
    public var isThreadSpecific: Bool { flags & 0x0004 != 0 }
    /// Whether the statement must run without a default database (LOG_EVENT_SUPPRESS_USE_F).
    public var suppressesUse: Bool { flags & 0x0008 != 0 }

    init(reading reader: inout BinlogReader) throws(BinlogDecodeError) {
        timestamp = try reader.uint32()
        type = BinlogEventType(rawValue: try reader.uint8())
        serverID = try reader.uint32()
        length = try reader.uint32()
        nextPosition = try reader.uint32()
        flags = try reader.uint16()
    }
}

/// The type byte of an event.
///
/// A struct and not an enum: newer servers send codes that this list does not have.
public struct BinlogEventType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let query = Self(rawValue: 2)
    public static let stop = Self(rawValue: 3)
    public static let rotate = Self(rawValue: 4)
    public static let intVar = Self(rawValue: 5)
    public static let rand = Self(rawValue: 13)
    public static let userVar = Self(rawValue: 14)
    public static let formatDescription = Self(rawValue: 15)
    public static let xid = Self(rawValue: 16)
    public static let beginLoadQuery = Self(rawValue: 17)
    public static let executeLoadQuery = Self(rawValue: 18)
    public static let tableMap = Self(rawValue: 19)
    public static let writeRowsV1 = Self(rawValue: 23)
    public static let updateRowsV1 = Self(rawValue: 24)
    public static let deleteRowsV1 = Self(rawValue: 25)
    public static let incident = Self(rawValue: 26)
    public static let heartbeat = Self(rawValue: 27)
    public static let ignorable = Self(rawValue: 28)
    public static let rowsQuery = Self(rawValue: 29)
    public static let writeRowsV2 = Self(rawValue: 30)
    public static let updateRowsV2 = Self(rawValue: 31)
    public static let deleteRowsV2 = Self(rawValue: 32)
    public static let xaPrepare = Self(rawValue: 38)
    public static let annotateRows = Self(rawValue: 160)
    public static let binlogCheckpoint = Self(rawValue: 161)
    public static let gtid = Self(rawValue: 162)
    public static let gtidList = Self(rawValue: 163)
    public static let startEncryption = Self(rawValue: 164)
    public static let queryCompressed = Self(rawValue: 165)
    public static let writeRowsCompressedV1 = Self(rawValue: 166)
    public static let deleteRowsCompressedV2 = Self(rawValue: 171)

    public var description: String { "event type \(rawValue)" }
}
