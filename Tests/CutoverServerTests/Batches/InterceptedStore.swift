import CutoverModel
import CutoverTasks
import Synchronization

/// A store whose writes of batches a test looks at first, and whose answers it may lose: the write is durable, and whoever wrote
/// does not learn of it, as with a process that ends just then.
final class InterceptedStore: ForwardingTaskStore {
    typealias Look = @Sendable (BatchWrite, [TaskWrite]) async throws -> Void

    private struct Hooks {
        var before: Look?
        var after: Look?
        var readsEvents: (@Sendable () async throws -> Void)?
        var batchWrites = 0
        var groupReads = 0
    }

    let base: any TaskStore
    private let hooks = Mutex(Hooks())

    init(base: InMemoryTaskStore) {
        self.base = base
    }

    /// Writes of batches so far, each counted before anybody can learn of it: a stream that the last one ends finds it counted.
    var batchWrites: Int { hooks.withLock { $0.batchWrites } }

    /// How many times several tasks were read at once.
    var groupReads: Int { hooks.withLock { $0.groupReads } }

    /// Called before each write of a batch.
    func before(_ look: Look?) { hooks.withLock { $0.before = look } }

    /// Called after each write of a batch that the store answered; what it throws takes the answer's place.
    func after(_ look: Look?) { hooks.withLock { $0.after = look } }

    /// Called before each reading of the log.
    func beforeEvents(_ look: (@Sendable () async throws -> Void)?) { hooks.withLock { $0.readsEvents = look } }

    func events(after revision: UInt64, limit: Int) async throws -> [TaskEvent] {
        try await hooks.withLock { $0.readsEvents }?()
        return try await base.events(after: revision, limit: limit)
    }

    func states(of taskIDs: [String]) async throws -> [TaskState?] {
        let states = try await base.states(of: taskIDs)
        if taskIDs.count > 1 { hooks.withLock { $0.groupReads += 1 } }
        return states
    }

    func apply(
        _ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool
    ) async throws -> BatchOutcome {
        try await hooks.withLock { $0.before }?(batch, writes)
        hooks.withLock { $0.batchWrites += 1 }
        let outcome = try await base.apply(batch, with: writes, atomically: atomically)
        try await hooks.withLock { $0.after }?(batch, writes)
        return outcome
    }
}
