import CutoverModel
import CutoverTasks
import Synchronization

/// A store whose first read of a task shows what was there before: a writer that somebody else overtakes, for certain.
final class StaleStore: ForwardingStore {
    let base: InMemoryTaskStore
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
}
