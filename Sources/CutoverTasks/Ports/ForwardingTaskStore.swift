public import CutoverModel

/// A store that hands every call on to another: what conforms says only what it does otherwise.
public protocol ForwardingTaskStore: TaskStore {
    var base: any TaskStore { get }
}

extension ForwardingTaskStore {
    public func state(of taskID: String) async throws -> TaskState? { try await base.state(of: taskID) }
    public func apply(_ writes: [TaskWrite]) async throws -> [WriteOutcome] { try await base.apply(writes) }
    public func apply(_ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool) async throws -> BatchOutcome {
        try await base.apply(batch, with: writes, atomically: atomically)
    }
    public func states(of taskIDs: [String]) async throws -> [TaskState?] { try await base.states(of: taskIDs) }
    public func spec(of taskID: String) async throws -> TaskSpec? { try await base.spec(of: taskID) }
    public func preCheck(of taskID: String) async throws -> PreCheckReport? { try await base.preCheck(of: taskID) }
    public func list(_ query: TaskQuery) async throws -> TaskPage { try await base.list(query) }
    public func stop(id: String) async throws -> Stop? { try await base.stop(id: id) }
    public func receipts(stopID: String) async throws -> [Receipt] { try await base.receipts(stopID: stopID) }
    public func request(id: String) async throws -> RequestMemo? { try await base.request(id: id) }
    public func live(after: String?, limit: Int) async throws -> TaskPage {
        try await base.live(after: after, limit: limit)
    }
    public func liveCounts() async throws -> [TaskStatus: Int] { try await base.liveCounts() }
    public func events(after revision: UInt64, limit: Int) async throws -> [TaskEvent] {
        try await base.events(after: revision, limit: limit)
    }
    public func revision() async throws -> UInt64 { try await base.revision() }
    public func waitForRevision(above revision: UInt64) async throws { try await base.waitForRevision(above: revision) }
    public func saveProgress(_ progress: [String: MigrationProgress]) async throws {
        try await base.saveProgress(progress)
    }
    public func progress(of taskID: String) async throws -> MigrationProgress? { try await base.progress(of: taskID) }
    public func saveInventory(_ inventory: ObjectInventory, of taskID: String) async throws {
        try await base.saveInventory(inventory, of: taskID)
    }
    public func inventory(of taskID: String) async throws -> ObjectInventory? { try await base.inventory(of: taskID) }
    public func batch(id: String) async throws -> BatchRecord? { try await base.batch(id: id) }
    public func batchPage(id: String, index: UInt32) async throws -> BatchPage? {
        try await base.batchPage(id: id, index: index)
    }
    public func batches(after: String?, limit: Int) async throws -> BatchListing {
        try await base.batches(after: after, limit: limit)
    }
    public func openBatches() async throws -> [BatchRecord] { try await base.openBatches() }
    public func audit(after sequence: UInt64, limit: Int) async throws -> [AuditRecord] {
        try await base.audit(after: sequence, limit: limit)
    }
    public func auditHead() async throws -> AuditHead { try await base.auditHead() }
    public func saveAlarms(_ alarms: [Alarm], delivers: Bool) async throws -> [Alarm] {
        try await base.saveAlarms(alarms, delivers: delivers)
    }
    public func alarms(_ query: AlarmQuery) async throws -> [Alarm] { try await base.alarms(query) }
    public func alarms(afterChange change: UInt64, limit: Int) async throws -> [Alarm] {
        try await base.alarms(afterChange: change, limit: limit)
    }
    public func deliveries(dueBy nowMs: Int64, limit: Int) async throws -> [AlarmDelivery] {
        try await base.deliveries(dueBy: nowMs, limit: limit)
    }
    public func postpone(_ delivery: AlarmDelivery) async throws { try await base.postpone(delivery) }
    public func removeDelivery(change: UInt64) async throws { try await base.removeDelivery(change: change) }
    public func purgeAlarms(clearedBefore timeMs: Int64) async throws {
        try await base.purgeAlarms(clearedBefore: timeMs)
    }
    public func close() async { await base.close() }
}
