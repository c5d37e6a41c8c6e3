import CutoverModel
import CutoverTasks
import Synchronization

/// A store whose first read of a task shows what was there before: a writer that somebody else overtakes, for certain.
final class StaleStore: TaskStore {
    private let base: InMemoryTaskStore
    private let stale: Mutex<TaskState?>

    init(base: InMemoryTaskStore, stale: TaskState) {
        self.base = base
        self.stale = Mutex(stale)
    }

    func state(of taskID: String) async throws -> TaskState? {
        let old = stale.withLock { stale in
            defer { stale = nil }
            return stale
        }
        if let old { return old }
        return try await base.state(of: taskID)
    }

    func apply(_ writes: [TaskWrite]) async throws -> [WriteOutcome] { try await base.apply(writes) }
    func states(of taskIDs: [String]) async throws -> [TaskState?] { try await base.states(of: taskIDs) }
    func spec(of taskID: String) async throws -> TaskSpec? { try await base.spec(of: taskID) }
    func preCheck(of taskID: String) async throws -> PreCheckReport? { try await base.preCheck(of: taskID) }
    func list(_ query: TaskQuery) async throws -> TaskPage { try await base.list(query) }
    func stop(id: String) async throws -> Stop? { try await base.stop(id: id) }
    func receipt(stopID: String) async throws -> Receipt? { try await base.receipts(stopID: stopID).first }
    func request(id: String) async throws -> RequestMemo? { try await base.request(id: id) }
    func live(after: String?, limit: Int) async throws -> TaskPage { try await base.live(after: after, limit: limit) }
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
    func close() async { await base.close() }
}
