internal import CutoverTasks

/// Turns the events of a binlog into groups: what begins, what changes, what commits.
///
/// A pure state machine over the shapes that MariaDB logs (one group per GTID): InnoDB transactions end with XID, others
/// with QUERY "COMMIT", standalone statements with themselves, CREATE TABLE … SELECT is a statement and rows in one
/// group, a two-phase ALTER comes twice and is applied at its COMMIT part. What cannot be carried over exactly is a
/// ``ReplicationError`` of code `unsupported`, never a guess.
struct TransactionAssembler {
    /// What the applier shall do next.
    enum Step: Equatable {
        case begin(GTIDEvent, timestamp: UInt32)
        case rows(TableMap, RowsEvent)
        /// SAVEPOINT and its kin.
        case savepoint([UInt8])
        case ddl(DDLStatement, QueryEvent, timestamp: UInt32)
        case commit(GTID)
        /// The group was cut off by a crash of the source: undo it, its GTID never happened.
        case abandon
        /// The source has nothing more for now.
        case caughtUp
        case rotated(file: String)
        case untilReached
    }

    private struct Group {
        var gtid: GTIDEvent
        var maps: [UInt64: TableMap] = [:]
        var hasRows = false
    }

    private var group: Group?
    private let scope: ReplicationScope
    /// XA transactions that touched none of our tables: their commit needs nothing either.
    private var skippedXA: Set<[UInt8]> = []

    init(scope: ReplicationScope) {
        self.scope = scope
    }

    /// Whether no group is open.
    var isBetweenGroups: Bool { group == nil }

    mutating func consume(
        _ header: BinlogEventHeader, _ event: BinlogEvent
    ) throws(ReplicationError) -> [Step] {
        switch event {
        case .gtid(let gtid): return try begin(gtid, header)
        case .tableMap(let map):
            group?.maps[map.tableID] = map
            return []
        case .rows(let rows): return try take(rows)
        case .query(let query): return try take(query, header)
        case .xid: return try commit()
        case .xaPrepare(let isOnePhase): return try endXA(isOnePhase: isOnePhase)
        case .loadQuery: throw Self.unsupported("LOAD DATA logged in statement format (set binlog_format=ROW)")
        case .compressed: throw Self.unsupported("compressed binlog events (set log_bin_compress=OFF)")
        case .startEncryption: return []
        case .incident: throw ReplicationError(.positionLost, "the source lost events before writing them (incident)")
        case .unknown(let type): throw Self.unsupported("a binlog event of \(type)")
        case .formatDescription:
            guard group != nil else { return [] }
            group = nil
            return [.abandon]
        case .rotate(let file, _): return [.rotated(file: file)]
        case .heartbeat: return group == nil ? [.caughtUp] : []
        case .gtidList(let list): return list.isUntilReached ? [.untilReached] : []
        case .annotateRows, .statementContext, .binlogCheckpoint, .stop, .ignorable: return []
        }
    }

    private static func unsupported(_ what: String) -> ReplicationError {
        ReplicationError(.unsupported, "The source logged \(what), which cannot be carried over exactly.")
    }

    private mutating func begin(_ gtid: GTIDEvent, _ header: BinlogEventHeader) throws(ReplicationError) -> [Step] {
        guard group == nil else {
            throw ReplicationError(.positionLost, "the binlog begins \(gtid.gtid) inside another transaction")
        }
        group = Group(gtid: gtid)
        return [.begin(gtid, timestamp: header.timestamp)]
    }

    private mutating func commit() throws(ReplicationError) -> [Step] {
        guard let finished = group else { return [] }
        group = nil
        return [.commit(finished.gtid.gtid)]
    }

    private mutating func take(_ rows: RowsEvent) throws(ReplicationError) -> [Step] {
        guard var current = group else {
            throw ReplicationError(.positionLost, "the binlog has rows outside a transaction")
        }
        defer { group = current }
        if rows.isDummy {
            if rows.endsStatement { current.maps = [:] }
            return []
        }
        guard let map = current.maps[rows.tableID] else {
            throw ReplicationError(.positionLost, "the binlog has rows of a table that it does not describe")
        }
        if rows.endsStatement { current.maps = [:] }
        guard scope.contains(database: map.database, table: map.table) else { return [] }
        current.hasRows = true
        return [.rows(map, rows)]
    }

    private mutating func endXA(isOnePhase: Bool) throws(ReplicationError) -> [Step] {
        guard let current = group else { return [] }
        if !isOnePhase {
            guard !current.hasRows else { throw Self.unsupported("a prepared XA transaction") }
            if let id = current.gtid.xaID, skippedXA.count < 10_000 { skippedXA.insert(id) }
        }
        return try commit()
    }

    private mutating func take(_ query: QueryEvent, _ header: BinlogEventHeader) throws(ReplicationError) -> [Step] {
        guard let current = group else { return [] }
        let kind = StatementClassifier.classify(
            query.statement, defaultDatabase: query.database,
            ansiQuotes: (query.context.sqlMode ?? 0) & 0x4 != 0)
        var steps: [Step] = []
        switch kind {
        case .commit: return try commit()
        case .rollback:
            guard !current.hasRows else { throw Self.unsupported("a transaction that was rolled back in part") }
            return try commit()
        case .savepoint: return [.savepoint(query.statement)]
        case .ddl(let statement): steps = try ddl(statement, query, current.gtid, header)
        case .dml(let verb):
            if scope.mayTouch(query) {
                throw Self.unsupported("\(verb) in statement format (set binlog_format=ROW for every session)")
            }
        case .xaCommit: try checkXACommit(current.gtid)
        case .unknown(let words):
            if scope.mayTouch(query) { throw Self.unsupported("the statement kind \(words)") }
        case .begin, .ignored, .xaRollback, .xaOther, .empty: break
        }
        if current.gtid.isStandalone { steps += try commit() }
        return steps
    }

    private mutating func checkXACommit(_ gtid: GTIDEvent) throws(ReplicationError) {
        if let id = gtid.xaID, skippedXA.remove(id) != nil { return }
        throw Self.unsupported("the commit of an XA transaction whose changes were prepared before")
    }

    private func ddl(
        _ statement: DDLStatement, _ query: QueryEvent, _ gtid: GTIDEvent, _ header: BinlogEventHeader
    ) throws(ReplicationError) -> [Step] {
        switch gtid.alterPhase {
        case .start, .rollback: return []
        case .commit, nil: break
        }
        let ours = statement.targets.filter(scope.contains)
        if ours.isEmpty { return [] }
        guard ours.count == statement.targets.count else {
            throw Self.unsupported("\(statement.kind) over objects inside and outside of the task")
        }
        return [.ddl(statement, query, timestamp: header.timestamp)]
    }
}
