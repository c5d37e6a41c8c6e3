import CutoverModel
@testable import CutoverServer
import CutoverSQLite
import CutoverTasks
import Logging

/// A store, a progress board and the monitor of one server process; `restarted` gives the next process over the same store.
struct AlarmStage {
    let store: any TaskStore
    let clock: SettableClock
    let settings: AlarmSettings
    let delivers: Bool
    let board = ProgressBoard()
    let changes: RevisionWaiters
    let monitor: AlarmMonitor

    init(
        store: any TaskStore = InMemoryTaskStore(), clock: SettableClock = SettableClock(),
        settings: AlarmSettings = AlarmSettings(), delivers: Bool = false, lastChange: UInt64 = 0
    ) {
        self.store = store
        self.clock = clock
        self.settings = settings
        self.delivers = delivers
        changes = RevisionWaiters(revision: lastChange, limit: 100)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        monitor = AlarmMonitor(
            store: store, board: board, settings: settings, delivers: delivers, changes: changes, logger: logger,
            nowMs: { clock.nowMs })
    }

    func restarted() -> AlarmStage {
        AlarmStage(
            store: store, clock: clock, settings: settings, delivers: delivers, lastChange: changes.revision)
    }

    func look() async throws { try await monitor.look() }

    /// Writes a task as it is to be found, whatever it was before.
    func put(
        _ status: TaskStatus, _ id: String = "t1", failure code: String = "", stop: Stop? = nil
    ) async throws {
        let before = try await store.state(of: id)?.record
        var record = TaskRecord(
            id: id, name: "shop", status: status, epoch: 3, stopId: stop?.id ?? "", destinationTouched: true)
        if !code.isEmpty {
            record.failure = TaskFailure(code: code, message: "It broke.", atMs: clock.nowMs)
            record.abnormalSinceMs = before?.abnormalSinceMs ?? clock.nowMs
        }
        let outcomes = try await store.apply([
            TaskWrite(
                record: record, expectedRevision: before?.revision ?? 0, from: before?.status ?? .unspecified,
                actor: "ann", action: "test", atMs: clock.nowMs, stop: stop)
        ])
        guard case .applied? = outcomes.first else { throw StageError.notAccepted }
    }

    func putFailed(_ count: Int) async throws {
        for start in stride(from: 0, to: count, by: 1_000) {
            let writes = (start..<min(count, start + 1_000)).map { number in
                TaskWrite(
                    record: TaskRecord(id: "t\(number)", name: "shop", status: .incrementalMigrationFailed),
                    expectedRevision: 0, from: .unspecified, actor: "ann", action: "test", atMs: 1)
            }
            _ = try await store.apply(writes)
        }
    }

    func delete(_ id: String = "t1") async throws {
        guard let record = try await store.state(of: id)?.record else { throw StageError.noTask }
        _ = try await store.apply([
            TaskWrite(
                record: record, expectedRevision: record.revision, from: record.status, actor: "ann", action: "delete",
                atMs: clock.nowMs, deletes: true)
        ])
    }

    var active: [Alarm] { get async throws { try await store.alarms(AlarmQuery(limit: 1_000)) } }
    var all: [Alarm] {
        get async throws { try await store.alarms(AlarmQuery(includesCleared: true, limit: 1_000)) }
    }
}
