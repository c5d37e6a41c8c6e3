import CutoverModel
import CutoverTasks
import Foundation
import GRDB

/// The reads, each within a transaction of its caller.
enum StoreQueries {
    private static let stateColumns = """
        t.n, t.revision, t.record, s.body FROM task AS t LEFT JOIN stop AS s ON s.id = t.stop_id
        """

    static func state(_ db: Database, id: String) throws -> RawState? {
        let statement = try db.cachedStatement(sql: "SELECT \(stateColumns) WHERE t.id = ?")
        return try statement.first(id, read: rawState)
    }

    static func request(_ db: Database, id: String) throws -> RequestMemo? {
        let statement = try db.cachedStatement(
            sql: "SELECT fingerprint, task, stop_id, told_only FROM request WHERE id = ?")
        return try statement.first(id) { row in
            RequestMemo(
                id: id, fingerprint: Array(try row.blob(0)), taskID: try row.text(1), stopID: try row.text(2),
                wasToldOnly: try row.integer(3) != 0)
        }
    }

    static func body(_ db: Database, in table: StoreTable, of taskID: String) throws -> Data? {
        let statement = try db.cachedStatement(
            sql: "SELECT body FROM \(table.rawValue) WHERE n = (SELECT n FROM task WHERE id = ?)")
        return try statement.first(taskID) { try $0.blob(0) }
    }

    static func stop(_ db: Database, id: String) throws -> Data? {
        let statement = try db.cachedStatement(sql: "SELECT body FROM stop WHERE id = ?")
        return try statement.first(id) { try $0.blob(0) }
    }

    // MARK: - The revision log

    /// Whole revisions after one; the first of them even when it alone has more than `limit` events.
    static func events(_ db: Database, after revision: Int64, limit: Int) throws -> [TaskEvent] {
        let floor = try StoreHead.load(db).eventFloor
        guard revision >= floor else {
            throw TaskStoreError(
                .compacted,
                "changes up to revision \(floor) are no longer kept; read the present state and watch from there")
        }
        var found = try events(db, sql: "revision > ? ORDER BY revision, idx LIMIT ?", [revision, limit + 1])
        guard found.count > limit, let last = found.last?.revision, let first = found.first?.revision else {
            return found
        }
        if first != last {
            found.removeAll { $0.revision == last }
            return found
        }
        return try events(db, sql: "revision = ? ORDER BY idx", [Int64(bitPattern: first)])
    }

    private static func events(
        _ db: Database, sql: String, _ arguments: [any StatementValue]
    ) throws -> [TaskEvent] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT revision, idx, task, batch, status_from, status_to, actor, at_ms, action, stop FROM event
                WHERE \(sql)
                """)
        var found: [TaskEvent] = []
        try statement.forEachRow(arguments) { row in
            found.append(
                TaskEvent(
                    revision: UInt64(bitPattern: try row.integer(0)), index: UInt32(clamping: try row.integer(1)),
                    taskId: try row.text(2), from: try row.status(4), to: try row.status(5), actor: try row.text(6),
                    atMs: try row.integer(7), action: try row.text(8), batchId: try row.text(3),
                    stopId: try row.text(9)))
            return true
        }
        return found
    }

    // MARK: - Listings

    struct RawPage: Sendable {
        var states: [RawState] = []
        var next: Int64?
        var revision: Int64
    }

    /// A page ends before its limit when its rows reach this many bytes.
    static let pageLimitBytes = 16 << 20

    static func list(_ db: Database, _ query: TaskQuery, after: Int64) throws -> RawPage {
        var source = "SELECT \(stateColumns)"
        var conditions = ["t.n > ?"]
        var arguments: [any StatementValue] = [after]
        if !query.statuses.isEmpty {
            let numbers = query.statuses.map { String($0.rawValue) }.sorted().joined(separator: ", ")
            conditions.append("t.status IN (\(numbers))")
        }
        if !query.nameGlob.isEmpty {
            conditions.append("t.name GLOB ?")
            arguments.append(glob(query.nameGlob))
        }
        for label in query.labels {
            conditions.append("t.n IN (SELECT n FROM label WHERE key = ? AND value = ?)")
            arguments += [label.key, label.value] as [any StatementValue]
        }
        let isLive = query.isLive || (!query.statuses.isEmpty && !query.statuses.contains(where: \.isFinal))
        if isLive {
            conditions.append(StoreSchema.isLive)
            // Few labelled tasks are found through their labels, live ones among many ended through their index.
            if query.labels.isEmpty { source = liveSource }
        }
        return try page(db, source: source, conditions: conditions, arguments: arguments, limit: query.limit)
    }

    static func live(_ db: Database, after: Int64, limit: Int) throws -> RawPage {
        try page(
            db, source: liveSource, conditions: [StoreSchema.isLive, "t.n > ?"], arguments: [after], limit: limit
        )
    }

    /// Answered from the index of live tasks alone, whatever number of tasks has ended.
    static func liveCounts(_ db: Database) throws -> [TaskStatus: Int] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT status, count(*) FROM task INDEXED BY task_live WHERE \(StoreSchema.isLive) GROUP BY status
                """)
        let counts = try statement.all { (try $0.status(0), Int(clamping: try $0.integer(1))) }
        return Dictionary(counts) { first, _ in first }
    }

    /// `INDEXED BY` makes it an error, caught by every test, should the index ever stop fitting the query.
    private static let liveSource = """
        SELECT t.n, t.revision, t.record, s.body
        FROM task AS t INDEXED BY task_live LEFT JOIN stop AS s ON s.id = t.stop_id
        """

    private static func page(
        _ db: Database, source: String, conditions: [String], arguments: [any StatementValue], limit: Int
    ) throws -> RawPage {
        var page = RawPage(revision: try StoreHead.load(db).revision)
        let sql = "\(source) WHERE \(conditions.joined(separator: " AND ")) ORDER BY t.n LIMIT ?"
        var bytes = 0
        var last: Int64?
        try db.makeStatement(sql: sql).forEachRow(arguments + [limit + 1]) { row in
            if page.states.count == limit || bytes > pageLimitBytes {
                page.next = last
                return false
            }
            let state = try rawState(row)
            bytes += state.record.count + (state.stop?.count ?? 0)
            page.states.append(state)
            last = try row.integer(0)
            return true
        }
        return page
    }

    private static func rawState(_ row: StoredRow) throws -> RawState {
        RawState(revision: try row.integer(1), record: try row.blob(2), stop: try row.optionalBlob(3))
    }

    /// `*` and `?` mean the same to SQLite; a bracket, which opens a set there, stands for itself here.
    static func glob(_ pattern: String) -> String {
        pattern.replacingOccurrences(of: "[", with: "[[]")
    }
}
