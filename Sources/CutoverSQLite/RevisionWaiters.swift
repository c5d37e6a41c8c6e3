import CutoverTasks
import Synchronization

/// The last durable revision of a log, and the calls that wait for a later one.
package final class RevisionWaiters: Sendable {
    private struct Waiter {
        var above: UInt64
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var revision: UInt64
        var nextID: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var isClosed = false
    }

    private let state: Mutex<State>
    private let limit: Int

    package init(revision: UInt64, limit: Int) {
        state = Mutex(State(revision: revision))
        self.limit = limit
    }

    package var revision: UInt64 { state.withLock { $0.revision } }
    package var count: Int { state.withLock { $0.waiters.count } }

    /// Wakes who waits for this revision; called after the commit is durable.
    package func advance(to revision: UInt64) {
        let woken = state.withLock { state -> [Waiter] in
            state.revision = max(state.revision, revision)
            guard !state.waiters.isEmpty else { return [] }
            let due = state.waiters.filter { $0.value.above < state.revision }
            for id in due.keys { state.waiters[id] = nil }
            return Array(due.values)
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// - Throws: `CancellationError`; `.busy` at the bound; `.closed`.
    package func wait(above revision: UInt64) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(Waiter(above: revision, continuation: continuation), id: id)
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func add(_ waiter: Waiter, id: UInt64) {
        let answer: Result<Void, any Error>? = state.withLock { state in
            if state.isClosed { return .failure(TaskStoreError.closed) }
            if state.revision > waiter.above { return .success(()) }
            // The handler of a call cancelled before this point found nothing to remove.
            if Task.isCancelled { return .failure(CancellationError()) }
            if state.waiters.count >= limit {
                return .failure(TaskStoreError(.busy, "\(limit) calls wait for a revision already: try again later"))
            }
            state.waiters[id] = waiter
            return nil
        }
        if let answer { waiter.continuation.resume(with: answer) }
    }

    package func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in left { waiter.continuation.resume(throwing: TaskStoreError.closed) }
    }
}
