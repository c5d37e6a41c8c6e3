internal import NIOCore

extension ClientPool {
    /// One attempt of a unary call.
    func answer(to call: ClientCall) async throws -> ByteBuffer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                call.wait(continuation)
                submit(call)
            }
        } onCancel: {
            call.cancel(.user)
        }
    }

    /// Waits before another attempt, or throws `error` when there must be none.
    func waitForRetry(after error: RPCError, of call: ClientCall, attempt: Int) async throws(RPCError) {
        guard let waitMs = retryPolicy.waitMs(after: error, attempt: attempt, method: call.method) else { throw error }
        if let deadline = call.deadline, NIODeadline.now() + .milliseconds(Int64(waitMs)) >= deadline { throw error }
        // An attempt of which nothing was sent has cost no server anything.
        guard !call.wasSent || budget.spend() else { throw error }
        do {
            try await Task.sleep(for: .milliseconds(waitMs))
        } catch {
            throw ClientCall.error(for: .user)
        }
    }

    private enum HedgeEvent: Sendable {
        case due
        case ended(ClientCall, Result<ByteBuffer, any Error>)
    }

    /// An attempt that is followed by a second one, on another connection if there is one, when it has no answer after
    /// `afterMs`. The first answer that is not NOT_EXECUTED wins (PROTOCOL.md, HEDGE-2).
    func hedgedAnswer(to first: ClientCall, afterMs: UInt32) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: HedgeEvent.self) { group in
            defer { group.cancelAll() }
            group.addTask { .ended(first, await self.result(of: first)) }
            group.addTask {
                try? await Task.sleep(for: .milliseconds(afterMs))
                return .due
            }
            var running = [first]
            while let event = try await group.next() {
                switch event {
                case .due:
                    guard running.count == 1, !first.isDone, !Task.isCancelled, budget.spend() else { continue }
                    let hedge = ClientCall(
                        method: first.method, payload: first.payload, metadata: first.metadata,
                        deadline: first.deadline, avoiding: first.link)
                    running.append(hedge)
                    group.addTask { .ended(hedge, await self.result(of: hedge)) }
                case .ended(let call, let result):
                    running.removeAll { $0 === call }
                    if case .failure(let error as RPCError) = result, error.isNotExecuted, !running.isEmpty { continue }
                    for loser in running { loser.cancel(.hedgeLost) }
                    return try result.get()
                }
            }
            throw ClientCall.error(for: .user)
        }
    }

    private func result(of call: ClientCall) async -> Result<ByteBuffer, any Error> {
        do {
            return .success(try await answer(to: call))
        } catch {
            return .failure(error)
        }
    }
}
