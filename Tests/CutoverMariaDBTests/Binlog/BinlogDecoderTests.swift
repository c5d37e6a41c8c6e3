import Testing

@testable import CutoverMariaDB
import TestRandom

/// The decoder against real bytes, by hand and by chance.
@Suite struct BinlogDecoderTests {
    private func primed() throws -> BinlogDecoder {
        var decoder = BinlogDecoder(hasChecksums: true)
        _ = try decoder.decode(GoldenEvents.formatDescription)
        return decoder
    }

    private func event(_ bytes: [UInt8]) throws -> BinlogEvent {
        var decoder = try primed()
        return try decoder.decode(bytes).1
    }

    private func tableMap() throws -> TableMap {
        guard case .tableMap(let map) = try event(GoldenEvents.tableMap) else {
            throw BinlogDecodeError(.malformed, "no table map")
        }
        return map
    }

    private func changes(_ bytes: [UInt8]) throws -> [RowChange] {
        guard case .rows(let rows) = try event(bytes) else { throw BinlogDecodeError(.malformed, "no rows") }
        let map = try tableMap()
        #expect(rows.tableID == map.tableID)
        #expect(rows.endsStatement)
        var changes: [RowChange] = []
        try rows.forEachRow(of: map, isUnsigned: map.metadata.isUnsigned ?? []) { changes.append($0) }
        return changes
    }

    @Test func checksumIsThatOfZlib() {
        let text = Array("123456789".utf8)
        #expect(text.withUnsafeBytes { CRC32.checksum($0) } == 0xCBF4_3926)
        #expect([UInt8]().withUnsafeBytes { CRC32.checksum($0) } == 0)
    }

    @Test func formatDescriptionTellsLayoutAndChecksums() throws {
        var decoder = BinlogDecoder(hasChecksums: false)
        let (header, event) = try decoder.decode(GoldenEvents.formatDescription)
        guard case .formatDescription(let format) = event else {
            Issue.record("not a format description")
            return
        }
        #expect(header.serverID == 5)
        #expect(format.serverVersion.hasPrefix("10.11.19-MariaDB"))
        #expect(format.hasChecksums)
        #expect(format.postHeaderLength(of: .tableMap) == 8)
        #expect(format.postHeaderLength(of: .gtid) == 19)
    }

    @Test func groupEventsCarryTheirGTID() throws {
        guard case .gtid(let ddl) = try event(GoldenEvents.ddlGTID), case .gtid(let rows) = try event(GoldenEvents.gtid)
        else {
            Issue.record("not GTID events")
            return
        }
        #expect(ddl.gtid == GTID(domain: 3, server: 5, sequence: 1))
        #expect(ddl.isStandalone && ddl.isDDL)
        #expect(rows.gtid == GTID(domain: 3, server: 5, sequence: 3))
        #expect(!rows.isStandalone && rows.isTransactional && rows.alterPhase == nil && rows.xaID == nil)
        #expect(try event(GoldenEvents.xid) == .xid(9))
        #expect(try event(GoldenEvents.rotate) == .rotate(file: "b.000002", position: 4))
        #expect(try event(GoldenEvents.gtidList) == .gtidList(GTIDList(gtids: [], isUntilReached: false)))
        #expect(try event(GoldenEvents.annotate) == .annotateRows)
        #expect(try event(GoldenEvents.checkpoint) == .binlogCheckpoint)
    }

    @Test func queriesCarryTheirSession() throws {
        guard case .query(let query) = try event(GoldenEvents.createTable) else {
            Issue.record("not a query")
            return
        }
        #expect(query.database == "g")
        #expect(String(decoding: query.statement, as: UTF8.self).hasPrefix("CREATE TABLE t ("))
        #expect(query.context.sqlMode != nil)
        #expect(query.context.clientCharset == 45)
        #expect(!query.context.disablesForeignKeyChecks)
    }

    @Test func tableMapNamesTypesAndMetadata() throws {
        let map = try tableMap()
        #expect(map.database == "g" && map.table == "t")
        #expect(
            map.columns == [
                .integer(width: 4), .integer(width: 8), .decimal(precision: 10, scale: 4), .time2(fraction: 3),
                .datetime2(fraction: 6), .timestamp2(fraction: 2), .year, .string(maxBytes: 400), .bit(bits: 12),
                .enumeration(width: 1), .set(width: 1), .blob(lengthWidth: 2), .float, .double,
                .varchar(maxBytes: 1200),
                .date, .integer(width: 3),
            ])
        #expect(map.metadata.columnNames?.first == "id" && map.metadata.columnNames?.last == "n")
        #expect(map.metadata.isUnsigned?[1] == true && map.metadata.isUnsigned?[0] == false)
        #expect(map.metadata.enumMembers == [[Array("x".utf8), Array("y".utf8)]])
        #expect(map.metadata.setMembers == [[Array("p".utf8), Array("q".utf8)]])
        #expect(map.metadata.primaryKey == [0])
        #expect(!map.nullable[0] && map.nullable[1])
    }

    @Test func rowsCarryEveryValue() throws {
        let inserted = try changes(GoldenEvents.writeRows)
        let first: RowImage = [
            .int(-1), .uint(.max), .decimal("-12345.6789"),
            .time(BinlogTime(isNegative: true, hour: 1, minute: 2, second: 3, microsecond: 500_000)),
            .datetime(
                BinlogDate(year: 2024, month: 2, day: 29),
                BinlogTime(hour: 23, minute: 59, second: 59, microsecond: 123_456)),
            .timestamp(microseconds: 1_704_067_200_250_000), .year(0), .bytes(Array("é".utf8)), .bit(0x801),
            .enumeration(2), .set(3), .bytes([0x00, 0xFF]), .float(1.5), .double(-2.25), .bytes(Array("v".utf8)),
            .date(BinlogDate(year: 2024, month: 12, day: 31)), .int(-8_388_608),
        ]
        #expect(inserted.map(\.after) == [first, [.int(2)] + [ColumnValue?](repeating: .null, count: 16)])
        #expect(inserted.allSatisfy { $0.before == nil })
        let updated = try changes(GoldenEvents.updateRows)
        #expect(updated.count == 1)
        #expect(updated[0].before?[16] == .null && updated[0].after?[16] == .int(7))
        #expect(try changes(GoldenEvents.deleteRows) == [RowChange(before: first, after: nil)])
    }

    @Test func aChangedByteFailsTheChecksum() throws {
        for golden in GoldenEvents.all {
            var bytes = golden
            bytes[20] ^= 1
            var decoder = try primed()
            #expect(throws: BinlogDecodeError.self) { try decoder.decode(bytes) }
        }
    }

    @Test func everyTruncationIsAnError() throws {
        for golden in GoldenEvents.all {
            for length in 0..<golden.count {
                var decoder = try primed()
                #expect(throws: BinlogDecodeError.self) { try decoder.decode(Array(golden[..<length])) }
            }
        }
    }

    /// Decodes whatever it is given as far as it goes; the result does not matter, only that it comes.
    private func exercise(_ bytes: [UInt8], rowsOf map: TableMap) -> Bool {
        var decoder = BinlogDecoder(hasChecksums: false)
        guard let (_, event) = try? decoder.decode(bytes) else { return false }
        switch event {
        case .rows(let rows):
            var count = 0
            return (try? rows.forEachRow(of: map, isUnsigned: []) { _ in count += 1 }) != nil
        case .tableMap(let changed):
            // The changed map reads the real rows.
            guard let (_, golden) = try? decoder.decode(GoldenEvents.writeRows), case .rows(let rows) = golden else {
                return true
            }
            return (try? rows.forEachRow(of: changed, isUnsigned: []) { _ in }) != nil
        default: return true
        }
    }

    @Test(arguments: [UInt64.random(in: 1...UInt64.max), 1])
    func mutatedEventsNeverTrap(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let map = try tableMap()
        var decoded = 0
        for round in 0..<40_000 {
            var bytes = GoldenEvents.all[round % GoldenEvents.all.count]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let position = Int.random(in: 19..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[position] = [0, 1, 0x7F, 0x80, 0xFB, 0xFC, 0xFE, 0xFF][position % 8]
                case 2:
                    bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 1...8, using: &random)))
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: position)
                }
                if bytes.count <= 20 { break }
            }
            if Bool.random(using: &random) { bytes[4] = UInt8.random(in: 0...180, using: &random) }
            // The header stays true, so that the body is reached.
            withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { bytes.replaceSubrange(9..<13, with: $0) }
            if exercise(bytes, rowsOf: map) { decoded += 1 }
        }
        #expect(decoded > 1000, "seed \(seed): the mutations reached too little")
    }
}
