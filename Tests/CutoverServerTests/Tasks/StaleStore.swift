import CutoverModel
import CutoverTasks
import Synchronization

/// A store whose first reads of a task show what was there before: a writer that somebody else overtakes, for certain.
final class StaleStore: ForwardingTaskStore {
    let base: any TaskStore
    private let stale: TaskState
    private let reads: Mutex<Int>

    init(base: InMemoryTaskStore, stale: TaskState, reads: Int = 1) {
        self.base = base
        self.stale = stale
        self.reads = Mutex(reads)
    }

    func state(of taskID: String) async throws -> TaskState? {
        let isStale = reads.withLock { left in
            defer { left -= 1 }
            return left > 0
        }
        return isStale ? stale : try await base.state(of: taskID)
    }
}
