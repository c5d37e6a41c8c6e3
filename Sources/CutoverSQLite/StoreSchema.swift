import CutoverModel
import CutoverTasks
import GRDB

/// The tables and their versions.
///
/// Hot and cold are apart: `task` stays small because every transition rewrites its row, and no index covers a column that
/// a transition changes except the one of the live tasks, whose entries stay in their place.
enum StoreSchema {
    /// "CUTV", in the header of the file.
    static let applicationID: Int64 = 0x4355_5456
    /// The first version that was released. Stores of version 1 hash their receipts by another rule.
    static let firstVersion: Int64 = 2
    /// The statements that make a store of the first version, then those that lead to each later one; only ever appended to.
    static let migrations: [String] = [version2, version3, version4]
    static var version: Int64 { firstVersion + Int64(migrations.count) - 1 }

    /// `TaskStatus.isFinal` in numbers, since the index of live tasks is part of the schema. Comparisons one by one: for
    /// `NOT IN`, each update of a task would have SQLite fill two tables of its own with the three numbers.
    static let isLive = "status <> 2 AND status <> 15 AND status <> 16"
    /// Any state of a batch but `FINISHED`.
    static let isOpenBatch = "state <> 3"

    private static let version2 = """
        CREATE TABLE meta (
            id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, next_task INTEGER NOT NULL,
            events INTEGER NOT NULL, event_floor INTEGER NOT NULL, audit_sequence INTEGER NOT NULL,
            audit_hash BLOB NOT NULL, alarm_change INTEGER NOT NULL, deliveries INTEGER NOT NULL
        ) STRICT;
        INSERT INTO meta VALUES (1, 0, 1, 0, 0, 0, zeroblob(32), 0, 0);
        CREATE TABLE task (
            n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status INTEGER NOT NULL,
            revision INTEGER NOT NULL, epoch INTEGER NOT NULL, stop_id TEXT NOT NULL, labels BLOB NOT NULL,
            record BLOB NOT NULL
        ) STRICT;
        CREATE INDEX task_live ON task (n, status) WHERE status NOT IN (2, 15, 16);
        CREATE TABLE label (
            n INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (n, key, value)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX label_lookup ON label (key, value, n);
        CREATE TABLE task_spec (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE task_pre_check (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE task_progress (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE task_inventory (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE stop (
            n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, task TEXT NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE TABLE request (
            n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, fingerprint BLOB NOT NULL, task TEXT NOT NULL,
            stop_id TEXT NOT NULL, revision INTEGER NOT NULL, at_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY, previous_hash BLOB NOT NULL, hash BLOB NOT NULL, stop_id TEXT NOT NULL,
            kind INTEGER NOT NULL, final_status INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX audit_stop ON audit (stop_id, sequence);
        CREATE TABLE event (
            revision INTEGER NOT NULL, idx INTEGER NOT NULL, task TEXT NOT NULL, batch TEXT NOT NULL,
            status_from INTEGER NOT NULL, status_to INTEGER NOT NULL, actor TEXT NOT NULL, at_ms INTEGER NOT NULL,
            action TEXT NOT NULL, PRIMARY KEY (revision, idx)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE batch (
            n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, state INTEGER NOT NULL,
            record BLOB NOT NULL
        ) STRICT;
        CREATE INDEX batch_open ON batch (n) WHERE state <> 3;
        CREATE TABLE batch_page (
            batch INTEGER NOT NULL, idx INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (batch, idx)
        ) STRICT;
        CREATE TABLE alarm (
            change INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, task TEXT NOT NULL,
            cleared_at_ms INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX alarm_active ON alarm (change) WHERE cleared_at_ms = 0;
        CREATE INDEX alarm_cleared ON alarm (cleared_at_ms) WHERE cleared_at_ms <> 0;
        CREATE INDEX alarm_task ON alarm (task, change);
        CREATE TABLE alarm_delivery (
            change INTEGER PRIMARY KEY, alarm TEXT NOT NULL, attempts INTEGER NOT NULL, due_at_ms INTEGER NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX alarm_delivery_due ON alarm_delivery (due_at_ms, change);
        CREATE INDEX alarm_delivery_alarm ON alarm_delivery (alarm, change);
        """

    /// Whether a request changed anything, and the stop that a task had at each change. Of earlier changes it is not known.
    private static let version3 = """
        ALTER TABLE request ADD COLUMN told_only INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE event ADD COLUMN stop TEXT NOT NULL DEFAULT '';
        """

    /// The same index, by a condition that costs a transition nothing.
    private static let version4 = """
        DROP INDEX task_live;
        CREATE INDEX task_live ON task (n, status) WHERE status <> 2 AND status <> 15 AND status <> 16;
        """

    /// Brings a file to this version, or refuses it unchanged.
    ///
    /// - Throws: `.newerSchema` for a file of a later version; `.failed` for one of a version that was never released, or a
    ///   database of another program.
    static func prepare(_ db: Database) throws {
        let version = try integer(db, "PRAGMA user_version")
        let application = try integer(db, "PRAGMA application_id")
        let isEmpty = try integer(db, "SELECT count(*) FROM sqlite_schema") == 0
        guard application == applicationID || (isEmpty && application == 0 && version == 0) else {
            throw TaskStoreError(
                .failed, "the file is a database of another program; give the store a path of its own")
        }
        guard version <= self.version else {
            throw TaskStoreError(
                .newerSchema,
                "the store has schema \(version), this program knows \(self.version): use the newer program")
        }
        guard isEmpty || version >= firstVersion else {
            throw TaskStoreError(
                .failed,
                """
                the store has schema \(version), of a development version, which this program cannot read: stop its tasks \
                with the program that wrote it, then move the file away and start with a new store
                """)
        }
        try useWriteAheadLog(db)
        guard version < self.version else { return }
        try db.inTransaction(.immediate) {
            let done = isEmpty ? 0 : Int(version - firstVersion) + 1
            for step in migrations[done...] { try db.execute(sql: step) }
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(self.version)")
            return .commit
        }
    }

    /// Sets what durability rests on and reads it back: a commit that was answered survives a power cut only with both.
    private static func useWriteAheadLog(_ db: Database) throws {
        guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
            throw TaskStoreError(
                .failed, "the file system cannot keep a write-ahead log; put the store on a local disk")
        }
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try requireFullSynchronous(db)
    }

    /// - Throws: `.failed` unless this connection waits for the disk at each commit.
    static func requireFullSynchronous(_ db: Database) throws {
        let synchronous = try integer(db, "PRAGMA synchronous")
        guard synchronous == 2 else {
            throw TaskStoreError(
                .failed, "the writing connection has synchronous = \(synchronous) instead of FULL")
        }
    }

    static func integer(_ db: Database, _ sql: String) throws -> Int64 {
        guard let value = try Int64.fetchOne(db, sql: sql) else {
            throw TaskStoreError(.corrupt, "the store does not answer \(sql)")
        }
        return value
    }
}
