import CutoverModel

/// Messages that the tests render. All times are fixed: 2026-11-23 07:00:04 UTC is 1795417204000.
enum Fixtures {
    static let startMs: Int64 = 1_795_417_204_000

    static let copying = MigrationTask(
        id: "0b6f3d52-9f0e-4c3a-8f5e-1d2c3b4a5e6f", name: "shop-eu", status: .fullMigration,
        labels: [TaskLabel(key: "team", value: "shop")], createdAtMs: startMs, startedAtMs: startMs + 60_000,
        progress: MigrationProgress(
            tablesTotal: 12, tablesDone: 4, rowsEstimated: 2_000_000, rowsCopied: 840_000, bytesCopied: 734_003_200,
            rowsPerSecond: 12_400, bytesPerSecond: 9_437_184, snapshotPosition: "0-1-4711"))

    static let following = MigrationTask(
        id: "5c1d7a90-1111-4222-8333-444455556666", name: "crm", status: .incrementalMigration, createdAtMs: startMs,
        startedAtMs: startMs,
        progress: MigrationProgress(
            transactionsApplied: 1200, rowsApplied: 34_567, sourcePosition: "0-1-5000", receivedPosition: "0-1-5000",
            appliedPosition: "0-1-4990", lagMs: 2_100))

    static let broken = MigrationTask(
        id: "9a9a9a9a-2222-4333-8444-555566667777", name: "a task with a rather long name for one line",
        status: .incrementalMigrationFailed, createdAtMs: startMs,
        failure: TaskFailure(
            code: "POSITION_LOST", message: "The source has purged binlogs that are still needed. Stop the task.",
            atMs: startMs))

    static let spec = TaskSpec(
        source: DatabaseEndpoint(host: "db1.example", port: 3306, user: "cutover"),
        destination: DatabaseEndpoint(unixSocket: "/run/mysqld/mysqld.sock", user: "root"),
        databases: ["shop", "crm"], excludeTables: ["shop.sessions"], kind: .fullAndIncremental, copyConnections: 4,
        chunkBytes: 8 << 20)

    static let report = PreCheckReport(
        atMs: startMs,
        findings: [
            PreCheckFinding(
                code: "EVENT_DISABLED", severity: .note, object: "shop.purge", message: "The event is disabled."),
            PreCheckFinding(
                code: "BINLOG_FORMAT_NOT_ROW", severity: .error, object: "source",
                message: "binlog_format is MIXED, so changes cannot be followed row by row.",
                advice: "Set binlog_format=ROW at the source and reconnect its clients."),
        ],
        sourceVersion: "11.4.2-MariaDB", destinationVersion: "11.8.1-MariaDB", tables: 12, rows: 2_000_000,
        bytes: 1_610_612_736, triggers: 3, events: 1)

    static let gracefulStop = Stop(
        id: "77777777-0000-4000-8000-000000000001", taskId: following.id, taskName: "crm",
        requestId: "77777777-0000-4000-8000-00000000000a", actor: "alice", reason: "cut-over of crm",
        modeAsked: .auto, modeTaken: .graceful, modeReason: "the task is healthy", phase: .stopped,
        phases: [
            PhaseRecord(phase: .accepted, startedAtMs: startMs, endedAtMs: startMs + 12),
            PhaseRecord(phase: .draining, startedAtMs: startMs + 12, endedAtMs: startMs + 3_212),
            PhaseRecord(phase: .migratingTriggers, startedAtMs: startMs + 3_212, endedAtMs: startMs + 4_000),
            PhaseRecord(phase: .migratingEvents, startedAtMs: startMs + 4_000, endedAtMs: startMs + 4_500),
            PhaseRecord(phase: .releasing, startedAtMs: startMs + 4_500, endedAtMs: startMs + 5_100),
            PhaseRecord(phase: .stopped, startedAtMs: startMs + 5_100, endedAtMs: startMs + 5_100),
        ],
        acceptedAtMs: startMs, endedAtMs: startMs + 5_100, statusBefore: .incrementalMigration,
        requestedPosition: "0-1-5000", receivedPosition: "0-1-5000", appliedPosition: "0-1-5000", drained: true,
        copyComplete: true, rowsCopied: 1_234_567, rowsApplied: 34_600, transactionsApplied: 1_210,
        objects: [
            ObjectOutcome(kind: .trigger, database: "crm", name: "orders_ai", table: "orders", result: .created),
            ObjectOutcome(
                kind: .event, database: "crm", name: "purge", result: .failed,
                message: "1419: You do not have the SUPER privilege",
                sql: "CREATE EVENT purge ON SCHEDULE EVERY 1 DAY DO DELETE FROM log"),
        ],
        resources: [
            ResourceOutcome(resource: "source binlog dump connection", released: true),
            ResourceOutcome(resource: "checkpoint table", released: false, message: "kept to fence older workers"),
        ])

    static let receipt = Receipt(
        stop: gracefulStop, sequence: 17, previousHash: [UInt8](repeating: 0x9B, count: 32),
        hash: [UInt8](repeating: 0x3F, count: 32), finalStatus: .stopped)

    static let gracefulPlan = StopPlan(
        taskId: following.id, taskName: "crm", status: .incrementalMigration, legal: true, modeTaken: .graceful,
        modeReason: "the task is healthy", lagMs: 2_100, triggers: 3, events: 1, objectsKnown: true)

    /// A batch of two named tasks and those with a label, one of which failed.
    static let batch = StopBatch(
        id: "88888888-0000-4000-8000-000000000001", actor: "alice", state: .finished, createdAtMs: startMs,
        endedAtMs: startMs + 65_000,
        terms: BatchStopRequest(
            mode: .auto, reason: "the shop moves", drainDeadlineMs: 30_000,
            selector: StopSelector(labels: [TaskLabel(key: "team", value: "shop")]), maxParallel: 10),
        named: 2, duplicates: 1, summary: BatchSummary(items: 3, stopped: 2, failed: 1))

    static let forcedPlan = StopPlan(
        taskId: broken.id, taskName: "shop-eu", status: .incrementalMigrationFailed, legal: true, modeTaken: .forced,
        modeReason: "the task is abnormal (INCREMENTAL_MIGRATION_FAILED: POSITION_LOST), so it cannot drain",
        triggers: 2, events: 0,
        losses: ["Changes at the source after 0-1-4990 are not applied.", "2 triggers and 0 events are not moved."],
        objectsKnown: true)
}

extension [String] {
    /// The lines as one text, for comparison.
    var text: String { joined(separator: "\n") }
}
