/// Turns the packets of a binlog dump into events.
///
/// Pure: no input or output, no clock. It keeps the last format description, by which later events are laid out and
/// checksummed. Input is one whole event without the protocol's leading OK byte.
public struct BinlogDecoder: Sendable {
    /// The largest event taken, in bytes: the server's own bound (`slave_max_allowed_packet`) is 1 GiB.
    public static let eventLimitBytes = 1 << 30

    private var format: FormatDescription?

    /// - Parameter hasChecksums: what was negotiated by `@master_binlog_checksum`; it holds for the events that the dump
    ///   thread sends before the first format description.
    public init(hasChecksums: Bool) {
        initialChecksums = hasChecksums
    }

    private let initialChecksums: Bool

    /// Decodes one event.
    public mutating func decode(_ packet: [UInt8]) throws(BinlogDecodeError) -> (BinlogEventHeader, BinlogEvent) {
        guard packet.count <= Self.eventLimitBytes else {
            throw BinlogDecodeError(.malformed, "event of \(packet.count) bytes")
        }
        let format = self.format
        let decoded: Result<(BinlogEventHeader, BinlogEvent), BinlogDecodeError> = packet.withUnsafeBytes { bytes in
            do throws(BinlogDecodeError) {
                return .success(try Self.decode(bytes, packet: packet, format: format, fallback: initialChecksums))
            } catch {
                return .failure(error)
            }
        }
        let (header, event) = try decoded.get()
        if case .formatDescription(let description) = event { self.format = description }
        return (header, event)
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer, packet: [UInt8], format: FormatDescription?, fallback: Bool
    ) throws(BinlogDecodeError) -> (BinlogEventHeader, BinlogEvent) {
        var reader = BinlogReader(bytes)
        let header = try BinlogEventHeader(reading: &reader)
        guard Int(header.length) == bytes.count else {
            throw BinlogDecodeError(.malformed, "event says \(header.length) bytes, packet has \(bytes.count)")
        }
        if header.type == .formatDescription {
            let description = try FormatDescription(reading: &reader)
            if description.hasChecksums { try verifyChecksum(bytes) }
            return (header, .formatDescription(description))
        }
        var end = bytes.count
        if format?.hasChecksums ?? fallback {
            try verifyChecksum(bytes)
            end -= 4
        }
        var body = BinlogReader(bytes, from: reader.offset, to: end)
        let event = try event(header, &body, packet: packet, end: end, format: format)
        return (header, event)
    }

    private static func verifyChecksum(_ bytes: UnsafeRawBufferPointer) throws(BinlogDecodeError) {
        guard bytes.count >= BinlogEventHeader.size + 4 else { throw BinlogDecodeError(.truncated, "checksum") }
        let size = bytes.count - 4
        let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: size, as: UInt32.self))
        guard CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<size])) == expected else {
            throw BinlogDecodeError(.checksumMismatch, "event of \(bytes.count) bytes")
        }
    }

    private static func event(
        _ header: BinlogEventHeader, _ body: inout BinlogReader, packet: [UInt8], end: Int, format: FormatDescription?
    ) throws(BinlogDecodeError) -> BinlogEvent {
        let postHeader = format?.postHeaderLength(of: header.type)
        switch header.type {
        case .rotate:
            let position = try body.uint64()
            return .rotate(file: try body.string(body.remaining), position: position)
        case .gtid: return .gtid(try GTIDEvent(reading: &body, serverID: header.serverID))
        case .gtidList: return .gtidList(try GTIDList(reading: &body))
        case .query: return .query(try QueryEvent(reading: &body, postHeaderLength: postHeader ?? 13))
        case .xid: return .xid(try body.uint64())
        case .tableMap:
            return .tableMap(try TableMap(reading: &body, tableIDWidth: postHeader == 6 ? 4 : 6))
        case .writeRowsV1, .updateRowsV1, .deleteRowsV1, .writeRowsV2, .updateRowsV2, .deleteRowsV2:
            let kinds: [RowsEvent.Kind] = [.write, .update, .delete]
            let isV2 = header.type.rawValue >= BinlogEventType.writeRowsV2.rawValue
            let first = isV2 ? BinlogEventType.writeRowsV2 : BinlogEventType.writeRowsV1
            return .rows(
                try RowsEvent(
                    kind: kinds[Int(header.type.rawValue - first.rawValue)], version: isV2 ? 2 : 1,
                    tableIDWidth: postHeader == 6 ? 4 : 6, packet: packet, end: end, reading: &body))
        case .annotateRows, .rowsQuery: return .annotateRows
        case .intVar, .rand, .userVar: return .statementContext(header.type)
        case .beginLoadQuery, .executeLoadQuery: return .loadQuery
        case .xaPrepare: return .xaPrepare(isOnePhase: try body.uint8() != 0)
        case .heartbeat: return .heartbeat(file: try body.string(body.remaining))
        case .binlogCheckpoint: return .binlogCheckpoint
        case .stop: return .stop
        case .incident: return .incident
        case .startEncryption: return .startEncryption
        case .ignorable: return .ignorable(header.type)
        default:
            let codes = BinlogEventType.queryCompressed.rawValue...BinlogEventType.deleteRowsCompressedV2.rawValue
            if codes.contains(header.type.rawValue) { return .compressed(header.type) }
            return header.isIgnorable ? .ignorable(header.type) : .unknown(header.type)
        }
    }
}
