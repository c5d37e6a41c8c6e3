import CutoverModel
import CutoverTasks

/// One call of a random program.
enum StoreCall: Sendable {
    case apply([TaskWrite])
    case batch(BatchWrite, [TaskWrite], atomically: Bool)
    case states([String])
    case list(TaskQuery)
    case live(after: String?, limit: Int)
    case events(after: UInt64, limit: Int)
    case stop(String)
    case request(String)
    case bodies(String)
    case saveProgress([String: MigrationProgress])
    case saveInventory(String, ObjectInventory)
    case readBatch(String, page: UInt32)
    case batches(after: String?, limit: Int)
    case audit(after: UInt64, limit: Int)
    case saveAlarms([Alarm], delivers: Bool)
    case alarms(AlarmQuery)
    case changes(after: UInt64, limit: Int)
    case deliveries(dueBy: Int64, limit: Int)
    case postpone(AlarmDelivery)
    case removeDelivery(UInt64)
    case purgeAlarms(Int64)

    enum Answer: Sendable, Hashable {
        case outcomes([WriteOutcome])
        case batch(BatchOutcome)
        case states([TaskState?])
        case page(TaskPage)
        case events([TaskEvent])
        case stop(Stop?, [Receipt])
        case request(RequestMemo?)
        case bodies(TaskSpec?, PreCheckReport?, MigrationProgress?, ObjectInventory?)
        case batchRead(BatchRecord?, BatchPage?)
        case batches(BatchListing)
        case audit([AuditRecord])
        case alarms([Alarm])
        case deliveries([AlarmDelivery])
        case done
        case failed(String)
    }

    func perform(_ store: some TaskStore) async -> Answer {
        do {
            if let answer = try await write(store) { return answer }
            return try await read(store)
        } catch {
            return .failed("\((error as? TaskStoreError)?.code as Any)")
        }
    }

    /// Nil for a call that only reads.
    private func write(_ store: some TaskStore) async throws -> Answer? {
        switch self {
        case .apply(let writes): return .outcomes(try await store.apply(writes))
        case .batch(let batch, let writes, let isAtomic):
            return .batch(try await store.apply(batch, with: writes, atomically: isAtomic))
        case .saveProgress(let progress): try await store.saveProgress(progress)
        case .saveInventory(let id, let inventory): try await store.saveInventory(inventory, of: id)
        case .saveAlarms(let alarms, let delivers):
            return .alarms(try await store.saveAlarms(alarms, delivers: delivers))
        case .postpone(let delivery): try await store.postpone(delivery)
        case .removeDelivery(let change): try await store.removeDelivery(change: change)
        case .purgeAlarms(let time): try await store.purgeAlarms(clearedBefore: time)
        default: return nil
        }
        return .done
    }

    private func read(_ store: some TaskStore) async throws -> Answer {
        switch self {
        case .states(let ids): return .states(try await store.states(of: ids))
        case .list(let query): return .page(try await store.list(query))
        case .live(let after, let limit): return .page(try await store.live(after: after, limit: limit))
        case .events(let after, let limit): return .events(try await store.events(after: after, limit: limit))
        case .stop(let id): return .stop(try await store.stop(id: id), try await store.receipts(stopID: id))
        case .request(let id): return .request(try await store.request(id: id))
        case .bodies(let id):
            return .bodies(
                try await store.spec(of: id), try await store.preCheck(of: id), try await store.progress(of: id),
                try await store.inventory(of: id))
        case .readBatch(let id, let page):
            return .batchRead(try await store.batch(id: id), try await store.batchPage(id: id, index: page))
        case .batches(let after, let limit): return .batches(try await store.batches(after: after, limit: limit))
        case .audit(let after, let limit): return .audit(try await store.audit(after: after, limit: limit))
        case .alarms(let query): return .alarms(try await store.alarms(query))
        case .changes(let after, let limit):
            return .alarms(try await store.alarms(afterChange: after, limit: limit))
        case .deliveries(let now, let limit):
            return .deliveries(try await store.deliveries(dueBy: now, limit: limit))
        default: return .done
        }
    }
}
