import CutoverModel
import CutoverTasks

/// A store that hands every call on: a test says only what it does otherwise.
protocol ForwardingStore: TaskStore {
    var base: InMemoryTaskStore { get }
}

extension ForwardingStore {
    func state(of taskID: String) async throws -> TaskState? { try await base.state(of: taskID) }
    func apply(_ writes: [TaskWrite]) async throws -> [WriteOutcome] { try await base.apply(writes) }
    func apply(_ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool) async throws -> BatchOutcome {
        try await base.apply(batch, with: writes, atomically: atomically)
    }
    func states(of taskIDs: [String]) async throws -> [TaskState?] { try await base.states(of: taskIDs) }
    func spec(of taskID: String) async throws -> TaskSpec? { try await base.spec(of: taskID) }
    func preCheck(of taskID: String) async throws -> PreCheckReport? { try await base.preCheck(of: taskID) }
    func list(_ query: TaskQuery) async throws -> TaskPage { try await base.list(query) }
    func stop(id: String) async throws -> Stop? { try await base.stop(id: id) }
    func receipts(stopID: String) async throws -> [Receipt] { try await base.receipts(stopID: stopID) }
    func request(id: String) async throws -> RequestMemo? { try await base.request(id: id) }
    func live(after: String?, limit: Int) async throws -> TaskPage { try await base.live(after: after, limit: limit) }
    func liveCounts() async throws -> [TaskStatus: Int] { try await base.liveCounts() }
    func events(after revision: UInt64, limit: Int) async throws -> [TaskEvent] {
        try await base.events(after: revision, limit: limit)
    }
    func revision() async throws -> UInt64 { try await base.revision() }
    func waitForRevision(above revision: UInt64) async throws { try await base.waitForRevision(above: revision) }
    func saveProgress(_ progress: [String: MigrationProgress]) async throws { try await base.saveProgress(progress) }
    func progress(of taskID: String) async throws -> MigrationProgress? { try await base.progress(of: taskID) }
    func saveInventory(_ inventory: ObjectInventory, of taskID: String) async throws {
        try await base.saveInventory(inventory, of: taskID)
    }
    func inventory(of taskID: String) async throws -> ObjectInventory? { try await base.inventory(of: taskID) }
    func batch(id: String) async throws -> BatchRecord? { try await base.batch(id: id) }
    func batchPage(id: String, index: UInt32) async throws -> BatchPage? {
        try await base.batchPage(id: id, index: index)
    }
    func batches(after: String?, limit: Int) async throws -> BatchListing {
        try await base.batches(after: after, limit: limit)
    }
    func openBatches() async throws -> [BatchRecord] { try await base.openBatches() }
    func audit(after sequence: UInt64, limit: Int) async throws -> [AuditRecord] {
        try await base.audit(after: sequence, limit: limit)
    }
    func auditHead() async throws -> AuditHead { try await base.auditHead() }
    func saveAlarms(_ alarms: [Alarm], delivers: Bool) async throws -> [Alarm] {
        try await base.saveAlarms(alarms, delivers: delivers)
    }
    func alarms(_ query: AlarmQuery) async throws -> [Alarm] { try await base.alarms(query) }
    func alarms(afterChange change: UInt64, limit: Int) async throws -> [Alarm] {
        try await base.alarms(afterChange: change, limit: limit)
    }
    func deliveries(dueBy nowMs: Int64, limit: Int) async throws -> [AlarmDelivery] {
        try await base.deliveries(dueBy: nowMs, limit: limit)
    }
    func postpone(_ delivery: AlarmDelivery) async throws { try await base.postpone(delivery) }
    func removeDelivery(change: UInt64) async throws { try await base.removeDelivery(change: change) }
    func purgeAlarms(clearedBefore timeMs: Int64) async throws { try await base.purgeAlarms(clearedBefore: timeMs) }
    func close() async { await base.close() }
}
