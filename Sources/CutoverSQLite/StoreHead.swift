import Foundation
import GRDB
import CutoverTasks

/// The one row of `meta`: counters that every commit moves, so that opening never scans history.
struct StoreHead: Sendable, Hashable {
    var revision: Int64
    /// Row number of the next task; never used twice, so that a page position stays good after deletions.
    var nextTask: Int64
    /// Rows of `event` that are kept.
    var events: Int64
    /// Events up to and including this revision are deleted or about to be.
    var eventFloor: Int64
    var auditSequence: Int64
    var auditHash: Data
    /// The last change number of an alarm.
    var alarmChange: Int64
    /// Rows of `alarm_delivery`.
    var deliveries: Int64

    static func load(_ db: Database) throws -> StoreHead {
        let sql = """
            SELECT revision, next_task, events, event_floor, audit_sequence, audit_hash, alarm_change, deliveries
            FROM meta WHERE id = 1
            """
        let head = try db.cachedStatement(sql: sql).first { row in
            StoreHead(
                revision: try row.integer(0), nextTask: try row.integer(1), events: try row.integer(2),
                eventFloor: try row.integer(3), auditSequence: try row.integer(4), auditHash: try row.blob(5),
                alarmChange: try row.integer(6), deliveries: try row.integer(7))
        }
        guard let head else {
            throw TaskStoreError(.corrupt, "the store has lost its counters; restore a backup")
        }
        return head
    }

    func save(_ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE meta SET revision = ?, next_task = ?, events = ?, event_floor = ?, audit_sequence = ?,
                    audit_hash = ?, alarm_change = ?, deliveries = ? WHERE id = 1
                """)
        try statement.run(revision, nextTask, events, eventFloor, auditSequence, auditHash, alarmChange, deliveries)
    }

    /// Compares the counters with the ends of the logs; constant time.
    ///
    /// - Throws: `.corrupt` when they disagree.
    func check(_ db: Database) throws {
        if let last = try Int64.fetchOne(db, sql: "SELECT max(revision) FROM event"), last > revision {
            throw TaskStoreError(.corrupt, "the log has revision \(last), the counters \(revision); restore a backup")
        }
        let sql = "SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1"
        let last = try db.cachedStatement(sql: sql).first { (sequence: try $0.integer(0), hash: try $0.blob(1)) }
        let (sequence, hash) = last ?? (0, AuditChain.origin)
        guard sequence == auditSequence, hash == auditHash else {
            throw TaskStoreError(
                .corrupt,
                """
                the audit log does not end where the counters say: "cutoverd audit verify" finds the record; then restore \
                a backup
                """)
        }
    }
}
