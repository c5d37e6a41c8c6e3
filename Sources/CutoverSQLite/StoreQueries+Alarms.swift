import CutoverTasks
import Foundation
import GRDB

extension StoreQueries {
    static func alarms(_ db: Database, _ query: AlarmQuery) throws -> [RawAlarm] {
        var conditions = ["change < ?"]
        var arguments: [any StatementValue] = [query.before.map { Int64(clamping: $0) } ?? Int64.max]
        if !query.includesCleared { conditions.append("cleared_at_ms = 0") }
        if !query.taskID.isEmpty {
            conditions.append("task = ?")
            arguments.append(query.taskID)
        }
        if !query.kinds.isEmpty {
            let numbers = query.kinds.map { String($0.rawValue) }.sorted().joined(separator: ", ")
            conditions.append("kind IN (\(numbers))")
        }
        let sql = """
            SELECT change, body FROM alarm WHERE \(conditions.joined(separator: " AND ")) ORDER BY change DESC LIMIT ?
            """
        var found: [RawAlarm] = []
        try db.makeStatement(sql: sql).forEachRow(arguments + [query.limit]) {
            found.append(try rawAlarm($0))
            return true
        }
        return found
    }

    static func alarms(_ db: Database, afterChange change: Int64, limit: Int) throws -> [RawAlarm] {
        let statement = try db.cachedStatement(
            sql: "SELECT change, body FROM alarm WHERE change > ? ORDER BY change LIMIT ?")
        return try statement.all(change, limit, read: rawAlarm)
    }

    static func deliveries(_ db: Database, dueBy nowMs: Int64, limit: Int) throws -> [RawDelivery] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT change, body, attempts, due_at_ms FROM alarm_delivery AS owed WHERE due_at_ms <= ? AND NOT EXISTS
                    (SELECT 1 FROM alarm_delivery WHERE alarm = owed.alarm AND change < owed.change)
                ORDER BY due_at_ms, change LIMIT ?
                """)
        return try statement.all(nowMs, limit) {
            RawDelivery(alarm: try rawAlarm($0), attempts: try $0.integer(2), dueAtMs: try $0.integer(3))
        }
    }

    private static func rawAlarm(_ row: StoredRow) throws -> RawAlarm {
        RawAlarm(change: try row.integer(0), body: try row.blob(1))
    }
}
