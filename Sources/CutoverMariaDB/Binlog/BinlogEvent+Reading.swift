extension FormatDescription {
    /// Reads the event body. The byte before the checksum tells the checksum algorithm (0 none, 1 CRC32).
    init(reading reader: inout BinlogReader) throws(BinlogDecodeError) {
        let version = try reader.uint16()
        guard version == 4 else { throw BinlogDecodeError(.unsupported, "binlog version \(version)") }
        serverVersion = String(decoding: try reader.take(50).prefix { $0 != 0 }, as: UTF8.self)
        try reader.skip(4)
        headerLength = Int(try reader.uint8())
        guard headerLength == BinlogEventHeader.size else {
            throw BinlogDecodeError(.unsupported, "event header of \(headerLength) bytes")
        }
        guard reader.remaining >= 5 else { throw BinlogDecodeError(.truncated, "format description") }
        postHeaderLengths = try reader.array(reader.remaining - 5)
        let algorithm = try reader.uint8()
        guard algorithm <= 1 else { throw BinlogDecodeError(.unsupported, "checksum algorithm \(algorithm)") }
        hasChecksums = algorithm == 1
    }
}

extension GTIDEvent {
    /// Reads the event body: `Gtid_log_event` of the MariaDB server.
    init(reading reader: inout BinlogReader, serverID: UInt32) throws(BinlogDecodeError) {
        let sequence = try reader.uint64()
        let domain = try reader.uint32()
        gtid = GTID(domain: domain, server: serverID, sequence: sequence)
        flags = try reader.uint8()
        if flags & 0x02 != 0 { commitID = try reader.uint64() }
        if flags & 0xC0 != 0 {
            let format = try reader.array(4)
            let lengths = try reader.array(2)
            xaID = format + lengths + (try reader.array(Int(lengths[0]) + Int(lengths[1])))
        }
        guard !reader.isAtEnd else { return }
        let extra = try reader.uint8()
        if extra & 0x01 != 0 { try reader.skip(1) }
        if extra & 0x02 != 0 {
            alterPhase = .start
        } else if extra & 0x04 != 0 {
            alterPhase = .commit(startSequence: try reader.uint64())
        } else if extra & 0x08 != 0 {
            alterPhase = .rollback(startSequence: try reader.uint64())
        }
    }
}

extension GTIDList {
    init(reading reader: inout BinlogReader) throws(BinlogDecodeError) {
        let word = try reader.uint32()
        let count = Int(word & 0x0FFF_FFFF)
        guard count * 16 <= reader.remaining else { throw BinlogDecodeError(.truncated, "GTID list") }
        isUntilReached = word & 0x1000_0000 != 0
        gtids = []
        gtids.reserveCapacity(count)
        for _ in 0..<count {
            let domain = try reader.uint32()
            let server = try reader.uint32()
            gtids.append(GTID(domain: domain, server: server, sequence: try reader.uint64()))
        }
    }
}

extension QueryEvent {
    init(reading reader: inout BinlogReader, postHeaderLength: Int) throws(BinlogDecodeError) {
        threadID = try reader.uint32()
        try reader.skip(4)
        let databaseLength = Int(try reader.uint8())
        errorCode = try reader.uint16()
        let contextLength = Int(try reader.uint16())
        try reader.skip(max(0, postHeaderLength - 13))
        var fields = BinlogReader(try reader.take(contextLength))
        context = try Context(reading: &fields)
        database = try reader.string(databaseLength)
        try reader.skip(1)
        statement = try reader.array(reader.remaining)
    }
}

extension QueryEvent.Context {
    /// Reads the status variables (`Query_log_event`). The source writes them in rising order of their codes, so
    /// reading stops at the first unknown code, as the server itself does.
    init(reading reader: inout BinlogReader) throws(BinlogDecodeError) {
        self.init()
        while !reader.isAtEnd {
            switch try reader.uint8() {
            case 0: flags2 = try reader.uint32()
            case 1: sqlMode = try reader.uint64()
            case 2: try reader.skip(Int(try reader.uint8()) + 1)
            case 3: autoIncrement = (try reader.uint16(), try reader.uint16())
            case 4:
                clientCharset = try reader.uint16()
                connectionCollation = try reader.uint16()
                serverCollation = try reader.uint16()
            case 5: timeZone = try reader.shortString()
            case 6: try reader.skip(Int(try reader.uint8()))
            case 7: localeNumber = try reader.uint16()
            case 8: databaseCollation = try reader.uint16()
            case 9: try reader.skip(8)
            case 10: try reader.skip(4)
            case 11:
                let user = try reader.shortString()
                invoker = user + "@" + (try reader.shortString())
            case 13, 128: microseconds = UInt32(truncatingIfNeeded: try reader.littleEndian(3))
            case 129: ddlXid = try reader.uint64()
            default: return
            }
        }
    }
}
