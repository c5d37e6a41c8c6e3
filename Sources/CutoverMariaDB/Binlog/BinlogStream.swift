internal import CMariaDB
internal import CutoverTasks
internal import Glibc

/// Reads a source's binlog over one connection, as a replica does.
///
/// The dump is started with libmariadb and read packet by packet; events are decoded by ``BinlogDecoder``, because the
/// library's own `mariadb_rpl_fetch` dies at the first rotation with a short file name.
struct BinlogStream {
    /// Where and how to read.
    struct Options: Sendable {
        /// Where to begin: the source sends what follows this position.
        var from: GTIDPosition
        /// Where the source ends the stream; nil goes on for ever.
        var until: GTIDPosition?
        /// The replica's server id. Two dumps with one id end the older: it must belong to this task alone.
        var serverID: UInt32
        /// How often an idle source sends a heartbeat. The connection's read timeout must be longer.
        var heartbeatMs: Int = 1000
    }

    /// Why a stream ended.
    enum End: Sendable, Equatable {
        /// The source sent everything up to `until`.
        case untilReached
        /// The connection broke, the source went away or fell silent: try again.
        case connectionLost
        /// The source no longer has, or never had, what follows the position (error 1236).
        case positionLost(String)
        /// Another dump used our server id (error 4052).
        case serverIDTaken
        /// Bytes that are no valid event.
        case corrupt(BinlogDecodeError)
        /// Any other refusal of the source.
        case failed(MariaDBError)
        /// The taker closed the queue.
        case cancelled
    }

    let options: Options
    let queue: EventQueue
    let progress: FollowerProgress

    /// Streams until an end is reached and tells the queue about it. Blocks the session's thread.
    func run(_ session: MariaDBSession) -> End {
        let end: End
        do {
            end = try read(session)
        } catch {
            end = Self.end(of: error)
        }
        queue.finish(end)
        return end
    }

    private static func end(of error: MariaDBError) -> End {
        switch error.serverCode {
        case 1236: .positionLost(error.message)
        case 4052: .serverIDTaken
        default:
            error.isUnreachable || [0, 1053, 1927, 2000].contains(error.serverCode) ? .connectionLost : .failed(error)
        }
    }

    private func read(_ session: MariaDBSession) throws(MariaDBError) -> End {
        let hasChecksums = try prepare(session)
        guard let dump = mariadb_rpl_init_ex(session.handle, 2) else {
            throw MariaDBError(code: .client, message: "out of memory", operation: "open the binlog dump")
        }
        defer { mariadb_rpl_close(dump) }
        // The library frees the file name; an empty one lets the GTID position decide.
        dump.pointee.filename = strdup("")
        dump.pointee.filename_length = 0
        dump.pointee.start_position = 4
        dump.pointee.server_id = options.serverID
        guard mariadb_rpl_open(dump) == 0 else { throw session.failure("open the binlog dump") }
        var decoder = BinlogDecoder(hasChecksums: hasChecksums)
        while true {
            let length = UInt(mysql_net_read_packet(session.handle))
            // packet_error is ~0 as the C library's 32 or 64 bit value.
            if length == UInt(UInt32.max) || length == UInt.max { throw session.failure("read the binlog") }
            guard length > 0, let start = session.handle.pointee.net.read_pos else { return .connectionLost }
            if length < 9, start[0] == 0xFE { return .connectionLost }
            guard start[0] == 0 else { throw session.failure("read the binlog") }
            let packet = [UInt8](UnsafeBufferPointer(start: start + 1, count: Int(length) - 1))
            do throws(BinlogDecodeError) {
                let (header, event) = try decoder.decode(packet)
                note(event, bytes: packet.count)
                guard queue.put(.init(header: header, event: event, bytes: packet.count + 64)) else {
                    return .cancelled
                }
                if case .gtidList(let list) = event, list.isUntilReached { return .untilReached }
            } catch {
                return .corrupt(error)
            }
        }
    }

    private func note(_ event: BinlogEvent, bytes: Int) {
        progress.update {
            $0.receivedBytes += UInt64(bytes)
            if case .gtid(let gtid) = event { $0.receivedPosition.advance(to: gtid.gtid) }
        }
    }

    /// Declares what this replica understands and where it wants to begin and end.
    ///
    /// Source: "Replication protocol" and "GTID" in the MariaDB knowledge base. Without the checksum variable the source
    /// refuses to send checksummed events.
    private func prepare(_ session: MariaDBSession) throws(MariaDBError) -> Bool {
        let operation = "prepare the binlog dump"
        let algorithm = try session.query("SELECT @@global.binlog_checksum", as: operation).first?[0] ?? "NONE"
        try session.execute("SET @master_binlog_checksum=@@global.binlog_checksum", as: operation)
        try session.execute("SET @mariadb_slave_capability=4", as: operation)
        try session.execute("SET @slave_connect_state=\(SQLText.string(options.from.description))", as: operation)
        try session.execute("SET @slave_gtid_strict_mode=1", as: operation)
        try session.execute("SET @slave_gtid_ignore_duplicates=0", as: operation)
        try session.execute("SET @master_heartbeat_period=\(options.heartbeatMs * 1_000_000)", as: operation)
        // While a long DDL runs at the destination nothing is read here; the default of 60 s would cut us off.
        try session.execute("SET SESSION net_write_timeout=3600", as: operation)
        if let until = options.until {
            try session.execute("SET @slave_until_gtid=\(SQLText.string(until.description))", as: operation)
        }
        return algorithm.uppercased() != "NONE"
    }
}
