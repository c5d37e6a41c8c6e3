import CutoverTasks
import GRDB

extension CommitTransaction {
    /// Writes alarms, and owes each change to the webhook when asked.
    ///
    /// - Returns: the change number of the first; the others follow it.
    mutating func save(_ alarms: [EncodedAlarm], delivers: Bool) throws -> Int64 {
        let first = head.alarmChange + 1
        for alarm in alarms {
            head.alarmChange += 1
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO alarm (change, id, kind, task, cleared_at_ms, body) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET change = excluded.change, kind = excluded.kind,
                        task = excluded.task, cleared_at_ms = excluded.cleared_at_ms, body = excluded.body
                    """)
            try statement.run(
                head.alarmChange, alarm.id, Int64(alarm.kind.rawValue), alarm.taskID, alarm.clearedAtMs, alarm.body)
            if delivers { try owe(alarm) }
        }
        try dropDeliveries()
        return first
    }

    private mutating func owe(_ alarm: EncodedAlarm) throws {
        let sql = "INSERT INTO alarm_delivery (change, alarm, attempts, due_at_ms, body) VALUES (?, ?, 0, 0, ?)"
        try db.cachedStatement(sql: sql).run(head.alarmChange, alarm.id, alarm.body)
        head.deliveries += 1
    }

    /// Gives the oldest up when too many are owed.
    private mutating func dropDeliveries() throws {
        let excess = head.deliveries - Int64(TaskStoreLimits.deliveries)
        guard excess > 0 else { return }
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM alarm_delivery WHERE change IN (SELECT change FROM alarm_delivery ORDER BY change LIMIT ?)
                """)
        try statement.run(excess)
        head.deliveries -= Int64(db.changesCount)
    }

    func postpone(change: Int64, attempts: Int64, dueAtMs: Int64) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE alarm_delivery SET attempts = ?, due_at_ms = ? WHERE change = ?")
        try statement.run(attempts, dueAtMs, change)
    }

    mutating func removeDelivery(change: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM alarm_delivery WHERE change = ?").run(change)
        head.deliveries -= Int64(db.changesCount)
    }

    /// Forgets at most `limit` alarms that were cleared before a time.
    ///
    /// - Returns: how many.
    func purgeAlarms(clearedBefore timeMs: Int64, limit: Int) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM alarm WHERE change IN
                    (SELECT change FROM alarm WHERE cleared_at_ms <> 0 AND cleared_at_ms < ? LIMIT ?)
                """)
        try statement.run(timeMs, limit)
        return db.changesCount
    }
}
