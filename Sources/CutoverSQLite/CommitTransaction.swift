import CutoverModel
import CutoverTasks
import Foundation
import GRDB

/// One transaction of the writer: applies writes one after another and moves the counters.
///
/// A lost comparison or a known request is a result, never a reason to abort: the other callers' writes go on.
struct CommitTransaction {
    let db: Database
    /// The one that this transaction makes, if it changes a task or a batch.
    let revision: Int64
    private let before: StoreHead
    private var events: Int64 = 0
    /// The counters after this transaction.
    var head: StoreHead

    init(_ db: Database, head: StoreHead) {
        self.db = db
        self.head = head
        before = head
        revision = head.revision + 1
    }

    /// True when it adds a revision to the log.
    var makesRevision: Bool { events > 0 }

    mutating func apply(_ write: EncodedWrite) throws -> RawOutcome {
        if let request = write.request, let known = try StoreQueries.request(db, id: request.id) {
            return .requestKnown(known)
        }
        if try !(write.isPlainTransition && compareAndSet(write)) {
            let current = try row(of: write.taskID)
            guard (current?.revision ?? 0) == write.expectedRevision else {
                return .lost(try StoreQueries.state(db, id: write.taskID))
            }
            if write.deletes {
                if let current { try delete(current.n) }
            } else if let current {
                try update(current, write)
            } else {
                try insert(write)
            }
        }
        if let stop = write.stop { try store(stop, of: write.taskID) }
        if let request = write.request { try remember(request, atMs: write.atMs) }
        let seal = try self.seal(write)
        try appendEvent(
            task: write.taskID, stop: write.stopID, batch: "", from: write.from,
            to: write.deletes ? .unspecified : write.status,
            actor: write.actor, atMs: write.atMs, action: write.action)
        return .applied(revision: revision, seal: seal)
    }

    /// Writes the counters; the caller commits.
    mutating func finish() throws {
        if makesRevision {
            head.revision = revision
            head.events += events
        }
        if head != before { try head.save(db) }
    }

    /// Keeps a body outside the revision log; a task that is gone keeps none.
    func keep(_ body: Data, in table: StoreTable, of taskID: String) throws {
        guard let current = try row(of: taskID) else { return }
        try store(body, in: table, n: current.n)
    }

    // MARK: - The task's row

    private struct TaskRow {
        var n: Int64
        var revision: Int64
        var labelKey: Data
    }

    private func row(of taskID: String) throws -> TaskRow? {
        let statement = try db.cachedStatement(sql: "SELECT n, revision, labels FROM task WHERE id = ?")
        return try statement.first(taskID) {
            TaskRow(n: try $0.integer(0), revision: try $0.integer(1), labelKey: try $0.blob(2))
        }
    }

    /// Nearly every transition: the row alone changes, its labels do not, and one statement does it.
    /// - Returns: false, and nothing is done, when the row is not as it was expected or the labels change.
    private func compareAndSet(_ write: EncodedWrite) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE task SET name = ?, status = ?, revision = ?, epoch = ?, stop_id = ?, record = ?
                WHERE id = ? AND revision = ? AND labels = ?
                """)
        try statement.run(
            write.name, Int64(write.status.rawValue), revision, write.epoch, write.stopID, write.record, write.taskID,
            write.expectedRevision, write.labelKey)
        return db.changesCount == 1
    }

    private func update(_ current: TaskRow, _ write: EncodedWrite) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE task SET name = ?, status = ?, revision = ?, epoch = ?, stop_id = ?, labels = ?, record = ?
                WHERE n = ?
                """)
        try statement.run(
            write.name, Int64(write.status.rawValue), revision, write.epoch, write.stopID, write.labelKey, write.record,
            current.n)
        if current.labelKey != write.labelKey {
            try db.cachedStatement(sql: "DELETE FROM label WHERE n = ?").run(current.n)
            try insertLabels(write.labels, n: current.n)
        }
        try storeBodies(write, n: current.n)
    }

    private mutating func insert(_ write: EncodedWrite) throws {
        let n = head.nextTask
        head.nextTask += 1
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO task (n, id, name, status, revision, epoch, stop_id, labels, record)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.run(
            n, write.taskID, write.name, Int64(write.status.rawValue), revision, write.epoch, write.stopID,
            write.labelKey, write.record)
        try insertLabels(write.labels, n: n)
        try storeBodies(write, n: n)
    }

    private func insertLabels(_ labels: [TaskLabel], n: Int64) throws {
        guard !labels.isEmpty else { return }
        let statement = try db.cachedStatement(sql: "INSERT OR IGNORE INTO label (n, key, value) VALUES (?, ?, ?)")
        for label in labels { try statement.run(n, label.key, label.value) }
    }

    private func delete(_ n: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM task WHERE n = ?").run(n)
        try db.cachedStatement(sql: "DELETE FROM label WHERE n = ?").run(n)
        for table in StoreTable.allCases {
            try db.cachedStatement(sql: "DELETE FROM \(table.rawValue) WHERE n = ?").run(n)
        }
    }

    // MARK: - What belongs to it

    private func storeBodies(_ write: EncodedWrite, n: Int64) throws {
        if let spec = write.spec { try store(spec, in: .spec, n: n) }
        if let preCheck = write.preCheck { try store(preCheck, in: .preCheck, n: n) }
    }

    private func store(_ body: Data, in table: StoreTable, n: Int64) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO \(table.rawValue) (n, body) VALUES (?, ?)
                ON CONFLICT (n) DO UPDATE SET body = excluded.body
                """)
        try statement.run(n, body)
    }

    private func store(_ stop: EncodedWrite.EncodedStop, of taskID: String) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO stop (id, task, body) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET task = excluded.task, body = excluded.body
                """)
        try statement.run(stop.id, taskID, stop.body)
    }

    private func remember(_ request: RequestMemo, atMs: Int64) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO request (id, fingerprint, task, stop_id, revision, at_ms, told_only)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.run(
            request.id, Data(request.fingerprint), request.taskID, request.stopID, revision, atMs, request.wasToldOnly)
    }

    private mutating func seal(_ write: EncodedWrite) throws -> RawSeal? {
        guard let kind = write.seals.map({ Int64($0.rawValue) }), let stop = write.stop else { return nil }
        let sequence = head.auditSequence + 1
        let previous = head.auditHash
        let status = Int64(write.status.rawValue)
        let hash = AuditChain.hash(
            sequence: sequence, kind: kind, finalStatus: status, previousHash: previous, body: stop.body)
        let statement = try db.cachedStatement(
            sql: "INSERT INTO audit (\(AuditRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?)")
        try statement.run(sequence, previous, hash, stop.id, kind, status, stop.body)
        head.auditSequence = sequence
        head.auditHash = hash
        return RawSeal(sequence: sequence, previousHash: previous, hash: hash)
    }

    mutating func appendEvent(
        task: String, stop: String = "", batch: String, from: TaskStatus, to: TaskStatus, actor: String, atMs: Int64,
        action: String
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO event (revision, idx, task, batch, status_from, status_to, actor, at_ms, action, stop)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.run(
            revision, events, task, batch, Int64(from.rawValue), Int64(to.rawValue), actor, atMs, action, stop)
        events += 1
    }
}

/// The cold tables: one body per task.
enum StoreTable: String, CaseIterable, Sendable {
    case spec = "task_spec"
    case preCheck = "task_pre_check"
    case progress = "task_progress"
    case inventory = "task_inventory"
}
