// To be deleted: stands in while the adapters are written.
public import CutoverModel

extension TaskStore {
    public func apply(_ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool) async throws -> BatchOutcome { throw TaskStoreError(.failed, "pending") }
    public func receipts(stopID: String) async throws -> [Receipt] { throw TaskStoreError(.failed, "pending") }
    public func batch(id: String) async throws -> BatchRecord? { nil }
    public func batchPage(id: String, index: UInt32) async throws -> BatchPage? { nil }
    public func batches(after: String?, limit: Int) async throws -> BatchListing { throw TaskStoreError(.failed, "pending") }
    public func openBatches() async throws -> [BatchRecord] { [] }
    public func audit(after sequence: UInt64, limit: Int) async throws -> [AuditRecord] { [] }
    public func auditHead() async throws -> AuditHead { AuditHead() }
    public func saveAlarms(_ alarms: [Alarm], delivers: Bool) async throws -> [Alarm] { alarms }
    public func alarms(_ query: AlarmQuery) async throws -> [Alarm] { [] }
    public func alarms(afterChange change: UInt64, limit: Int) async throws -> [Alarm] { [] }
    public func deliveries(dueBy nowMs: Int64, limit: Int) async throws -> [AlarmDelivery] { [] }
    public func postpone(_ delivery: AlarmDelivery) async throws {}
    public func removeDelivery(change: UInt64) async throws {}
    public func purgeAlarms(clearedBefore timeMs: Int64) async throws {}
}

extension ReplicationWorker {
    public func previewObjects() async throws -> [ObjectOutcome] { [] }
    public func finishResidue(_ objects: [ObjectOutcome]) async throws -> [ObjectOutcome] { [] }
}
