import CutoverTasks
import Dispatch
import Foundation
import GRDB
import Logging

/// What the writer does between commits: it alone checkpoints and deletes what has expired.
extension StoreWriter {
    /// Rows of one transaction of deletion, so that a waiting write waits for one such transaction at most.
    static let trimRows = 1000

    /// Moves the write-ahead log into the database file while nothing waits, so that no commit has to.
    func checkpointIfDue(_ db: Database) {
        let isDue = progress.withLock { $0.writesSinceCheckpoint >= options.checkpointWrites }
        if isDue { checkpoint(.passive, db) }
    }

    private func checkpoint(_ kind: Database.CheckpointMode, _ db: Database) {
        guard fitsCheckpoint else { return }
        do {
            _ = try db.checkpoint(kind)
            progress.withLock { $0.writesSinceCheckpoint = 0 }
        } catch {
            // A reader is busy or the disk is full: the log stays as it is and the next checkpoint takes it.
            options.logger.debug(
                "checkpoint put off", metadata: ["reason": "\(TaskStoreError(database: error).message)"])
        }
    }

    /// The database file grows by the length of the log at most. On a full disk a checkpoint that does not come to its end
    /// would eat the reserve and free nothing for it.
    private var fitsCheckpoint: Bool {
        !progress.withLock { $0.statistics.isLowOnSpace } || ballast.freeBytes >= walBytes
    }

    /// Whether a commit checkpoints by itself when the log is long; not while the disk is full.
    func setAutomaticCheckpoint(_ isOn: Bool, _ db: Database) {
        do {
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(isOn ? options.automaticCheckpointPages : 0)")
        } catch {
            options.logger.warning("the automatic checkpoint was not switched", metadata: ["on": "\(isOn)"])
        }
    }

    /// Empties the log file; gives up at once when a reader is in it.
    func truncateLog(_ db: Database) {
        do {
            try db.execute(sql: "PRAGMA busy_timeout = 0")
            checkpoint(.truncate, db)
            try db.execute(sql: "PRAGMA busy_timeout = \(SQLiteTaskStore.busyTimeoutMs)")
        } catch {
            options.logger.debug("the log was not truncated")
        }
    }

    /// Arranges one look at the housekeeping after the writer has been idle for a while.
    func scheduleIdleCheck() {
        let mustSchedule = progress.withLock { progress in
            defer { progress.isIdleCheckDue = true }
            return !progress.isIdleCheckDue
        }
        guard mustSchedule else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(options.idleDelayMs)) { [weak self] in
            guard let self, !self.isClosed else { return }
            self.database.asyncWriteWithoutTransaction { self.idleCheck($0) }
        }
    }

    private func idleCheck(_ db: Database) {
        progress.withLock { $0.isIdleCheckDue = false }
        guard !isClosed else { return }
        do {
            while !hasWaiting, try trimOnce(db) {}
        } catch {
            options.logger.warning(
                "expired rows were not deleted", metadata: ["reason": "\(TaskStoreError(database: error).message)"])
        }
        guard !hasWaiting else { return }
        if walBytes > options.walTruncateBytes {
            truncateLog(db)
        } else if progress.withLock({ $0.writesSinceCheckpoint > 0 }) {
            checkpoint(.passive, db)
        }
    }

    var walBytes: Int64 {
        var found = stat()
        return stat(options.path + "-wal", &found) == 0 ? Int64(found.st_size) : 0
    }

    /// Keeps the logs bounded also when the writer is never idle: one small transaction after a commit.
    func trimUnderLoad(_ db: Database) {
        let events = progress.withLock { $0.head.events }
        guard events >= Int64(options.eventsKept) + 10 * Int64(Self.trimRows) else { return }
        do {
            _ = try trimOnce(db)
        } catch {
            options.logger.warning(
                "expired events were not deleted", metadata: ["reason": "\(TaskStoreError(database: error).message)"])
        }
    }

    /// Deletes at most `trimRows` events and as many requests, in one transaction.
    ///
    /// - Returns: true when there may be more.
    private func trimOnce(_ db: Database) throws -> Bool {
        guard progress.withLock({ $0.fault == nil }) else { return false }
        var head = progress.withLock { $0.head }
        var deleted = 0
        do {
            try db.beginTransaction(.immediate)
            deleted = try trimEvents(db, &head)
            let requests = try trimRequests(db)
            if deleted > 0 { try head.save(db) }
            try db.commit()
            progress.withLock { $0.head = head }
            return deleted == Self.trimRows || requests == Self.trimRows
        } catch {
            abandon(db)
            throw error
        }
    }

    /// Raises the floor to whole revisions first: what lies below is never served, so that its rows can go piece by piece.
    private func trimEvents(_ db: Database, _ head: inout StoreHead) throws -> Int {
        let excess = head.events - Int64(options.eventsKept)
        if excess >= Int64(Self.trimRows) {
            // One revision has at most as many events as one call has writes, and a batch's: this far on, another one begins.
            let offset = min(excess, Int64(TaskStoreLimits.writes) + 1)
            let sql = "SELECT revision FROM event ORDER BY revision, idx LIMIT 1 OFFSET ?"
            if let kept = try Int64.fetchOne(db, sql: sql, arguments: [offset]) {
                head.eventFloor = max(head.eventFloor, kept - 1)
            }
        }
        try db.execute(
            sql: """
                DELETE FROM event WHERE (revision, idx) IN
                    (SELECT revision, idx FROM event WHERE revision <= ? ORDER BY revision, idx LIMIT ?)
                """,
            arguments: [head.eventFloor, Self.trimRows])
        let deleted = db.changesCount
        head.events -= Int64(deleted)
        return deleted
    }

    private func trimRequests(_ db: Database) throws -> Int {
        try db.execute(
            sql: """
                DELETE FROM request WHERE n IN (SELECT n FROM request ORDER BY n LIMIT ?) AND at_ms < ?
                """,
            arguments: [Self.trimRows, options.nowMs() - options.requestsKeptMs])
        return db.changesCount
    }
}
