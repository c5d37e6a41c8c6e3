internal import Synchronization

/// How many jobs of one kind may run at one time; the others wait in order. Waiting ends with cancellation.
final class JobSlots: Sendable {
    private struct State {
        var free: Int
        var nextTicket: UInt64 = 0
        var waiters: [(ticket: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
        var cancelled: Set<UInt64> = []
    }

    private let state: Mutex<State>

    init(limit: Int) {
        state = Mutex(State(free: limit))
    }

    /// Runs the job once there is a slot for it.
    /// - Parameter whenQueued: called when the job has to wait.
    func run<Result: Sendable>(
        whenQueued: @Sendable () -> Void = {}, _ job: @Sendable () async throws -> Result
    ) async throws -> Result {
        if state.withLock({ $0.free == 0 }) { whenQueued() }
        try await acquire()
        defer { release() }
        return try await job()
    }

    private func acquire() async throws {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Swift.Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(ticket) != nil { return .failure(CancellationError()) }
                    guard state.free == 0 else {
                        state.free -= 1
                        return .success(())
                    }
                    state.waiters.append((ticket, continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
                    // Not waiting yet, or already running: the mark is read or left behind by the acquirer.
                    state.cancelled.insert(ticket)
                    return Optional<CheckedContinuation<Void, any Error>>.none
                }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
    }

    private func release() {
        let waiter = state.withLock { state in
            guard !state.waiters.isEmpty else {
                state.free += 1
                return Optional<CheckedContinuation<Void, any Error>>.none
            }
            return state.waiters.removeFirst().continuation
        }
        waiter?.resume()
    }
}
