import CutoverTasks
import Testing

@testable import CutoverMariaDB

/// Event groups, one event a line.
@Suite struct TransactionAssemblerTests {
    private var assembler = TransactionAssembler(scope: ReplicationScope(databases: ["d"], excludedTables: ["d.out"]))

    /// A header; only the type and the time matter here.
    private func header(_ type: BinlogEventType) throws -> BinlogEventHeader {
        var bytes = [UInt8](repeating: 0, count: BinlogEventHeader.size)
        bytes[0] = 9
        bytes[4] = type.rawValue
        return try bytes.withUnsafeBytes { raw in
            var reader = BinlogReader(raw)
            return try BinlogEventHeader(reading: &reader)
        }
    }

    private mutating func feed(_ event: BinlogEvent) throws -> [TransactionAssembler.Step] {
        try assembler.consume(header(.query), event)
    }

    private func gtid(
        _ sequence: UInt64, flags: UInt8 = 0x0C, phase: GTIDEvent.AlterPhase? = nil, xa: [UInt8]? = nil
    ) -> GTIDEvent {
        GTIDEvent(
            gtid: GTID(domain: 0, server: 1, sequence: sequence), flags: flags, commitID: nil, xaID: xa,
            alterPhase: phase)
    }

    private func query(_ statement: String, database: String = "d") -> BinlogEvent {
        .query(
            QueryEvent(
                threadID: 1, errorCode: 0, database: database, statement: Array(statement.utf8), context: .init()))
    }

    private func map(_ id: UInt64, _ database: String, _ table: String) throws -> TableMap {
        var decoder = BinlogDecoder(hasChecksums: true)
        guard case .tableMap(var map) = try decoder.decode(GoldenEvents.tableMap).1 else {
            throw BinlogDecodeError(.malformed, "no table map")
        }
        (map.tableID, map.database, map.table) = (id, database, table)
        return map
    }

    private func rows(_ id: UInt64, endsStatement: Bool = true) throws -> RowsEvent {
        var decoder = BinlogDecoder(hasChecksums: true)
        guard case .rows(var rows) = try decoder.decode(GoldenEvents.writeRows).1 else {
            throw BinlogDecodeError(.malformed, "no rows")
        }
        rows.tableID = id
        rows.flags = endsStatement ? 1 : 0
        return rows
    }

    @Test mutating func aTransactionEndsWithXid() throws {
        let (first, second) = (try map(1, "d", "a"), try map(2, "d", "b"))
        #expect(try feed(.gtid(gtid(5))) == [.begin(gtid(5), timestamp: 9)])
        #expect(try feed(.tableMap(first)) == [])
        #expect(try feed(.tableMap(second)) == [])
        #expect(try feed(.rows(rows(2, endsStatement: false))) == [.rows(second, rows(2, endsStatement: false))])
        #expect(try feed(.rows(rows(1))) == [.rows(first, rows(1))])
        #expect(try feed(.xid(1)) == [.commit(gtid(5).gtid)])
        #expect(assembler.isBetweenGroups)
    }

    @Test mutating func aGroupEndsWithACommitStatement() throws {
        _ = try feed(.gtid(gtid(5, flags: 0x08)))
        #expect(try feed(query("COMMIT")) == [.commit(gtid(5).gtid)])
    }

    @Test mutating func rowsOutsideTheTaskAreDroppedButTheGroupCounts() throws {
        _ = try feed(.gtid(gtid(5)))
        _ = try feed(.tableMap(map(1, "other", "a")))
        #expect(try feed(.rows(rows(1, endsStatement: false))) == [])
        _ = try feed(.tableMap(map(2, "d", "out")))
        #expect(try feed(.rows(rows(2))) == [])
        #expect(try feed(.xid(1)) == [.commit(gtid(5).gtid)])
    }

    @Test mutating func rowsWithoutTheirMapAreAnError() throws {
        _ = try feed(.gtid(gtid(5)))
        _ = try feed(.tableMap(map(1, "d", "a")))
        _ = try feed(.rows(rows(1)))
        // The statement ended: its maps are gone.
        #expect(throws: ReplicationError.self) { try feed(.rows(rows(1))) }
    }

    @Test mutating func aStandaloneStatementCommitsItself() throws {
        let event = gtid(5, flags: 0x29)
        _ = try feed(.gtid(event))
        let steps = try feed(query("DROP TABLE x"))
        #expect(steps.count == 2)
        #expect(steps.last == .commit(event.gtid))
        _ = try feed(.gtid(gtid(6, flags: 0x29)))
        #expect(try feed(query("CREATE TABLE other.x (a INT)")) == [.commit(gtid(6).gtid)])
        _ = try feed(.gtid(gtid(7, flags: 0x29)))
        #expect(throws: ReplicationError.self) { try feed(query("RENAME TABLE other.x TO d.x")) }
    }

    @Test mutating func aTwoPhaseAlterRunsOnceAtItsCommit() throws {
        _ = try feed(.gtid(gtid(5, flags: 0x29, phase: .start)))
        #expect(try feed(query("ALTER TABLE x FORCE")) == [.commit(gtid(5).gtid)])
        _ = try feed(.gtid(gtid(6, flags: 0x29, phase: .commit(startSequence: 5))))
        #expect(try feed(query("ALTER TABLE x FORCE")).count == 2)
        _ = try feed(.gtid(gtid(7, flags: 0x29, phase: .rollback(startSequence: 5))))
        #expect(try feed(query("ALTER TABLE x FORCE")) == [.commit(gtid(7).gtid)])
    }

    @Test mutating func aRestartInsideAGroupAbandonsIt() throws {
        _ = try feed(.gtid(gtid(5)))
        let format = FormatDescription(
            serverVersion: "", headerLength: 19, postHeaderLengths: [], hasChecksums: false)
        #expect(try feed(.formatDescription(format)) == [.abandon])
        #expect(try feed(.formatDescription(format)) == [])
        #expect(try feed(.gtid(gtid(5))).count == 1)
    }

    @Test mutating func anUnendedGroupIsAnError() throws {
        _ = try feed(.gtid(gtid(5)))
        #expect(throws: ReplicationError.self) { try feed(.gtid(gtid(6))) }
    }

    @Test mutating func preparedXAWithoutOurRowsPassesWithItsCommit() throws {
        _ = try feed(.gtid(gtid(5, flags: 0x4C, xa: [1])))
        _ = try feed(query("XA END X'01'"))
        #expect(try feed(.xaPrepare(isOnePhase: false)) == [.commit(gtid(5).gtid)])
        _ = try feed(.gtid(gtid(6, flags: 0x8D, xa: [1])))
        #expect(try feed(query("XA COMMIT X'01'")) == [.commit(gtid(6).gtid)])
        _ = try feed(.gtid(gtid(7, flags: 0x8D, xa: [2])))
        #expect(throws: ReplicationError.self) { try feed(query("XA COMMIT X'02'")) }
    }

    @Test mutating func statementFormatIsAnErrorOnlyWhereItCouldTouchTheTask() throws {
        _ = try feed(.gtid(gtid(5)))
        #expect(try feed(.statementContext(.intVar)) == [])
        #expect(try feed(query("INSERT INTO t VALUES (1)", database: "z")) == [])
        #expect(throws: ReplicationError.self) { try feed(query("INSERT INTO D.t VALUES (1)", database: "z")) }
        #expect(throws: ReplicationError.self) { try feed(query("DELETE FROM t")) }
    }

    @Test mutating func heartbeatsMeanCaughtUpOnlyBetweenGroups() throws {
        #expect(try feed(.heartbeat(file: "b.000001")) == [.caughtUp])
        _ = try feed(.gtid(gtid(5)))
        #expect(try feed(.heartbeat(file: "b.000001")) == [])
        #expect(try feed(.gtidList(GTIDList(gtids: [], isUntilReached: true))) == [.untilReached])
    }
}
