import CutoverClient
import Synchronization

/// What one call about a stop was asked and told, and when.
struct StopOperation: Sendable, Hashable {
    var client: Int
    var requestID: String
    /// Calls with one request id and one fingerprint ask for the same.
    var fingerprint: String
    var taskID: String
    /// Ticks of one counter for the whole history: what was invoked after another call had returned has the higher number.
    var invokedAt: UInt64
    /// Nil when no answer came: it may have been carried out or not, then or later.
    var returnedAt: UInt64?
    var result: StopItemResult?
    var stopID = ""
    /// The request that the stop was accepted for; empty in a batch item.
    var acceptedFor = ""
    var batchID = ""
    var receiptSequence: UInt64 = 0
    var receiptHash: [UInt8] = []
}

/// Records calls of many clients in one order of time.
final class StopHistory: Sendable {
    private let state = Mutex((clock: UInt64(0), operations: [StopOperation]()))

    var operations: [StopOperation] { state.withLock { $0.operations } }

    /// A call is about to be made.
    func invoke() -> UInt64 {
        state.withLock { state in
            state.clock += 1
            return state.clock
        }
    }

    /// A call has returned, or is given up.
    func record(_ operation: StopOperation, isAnswered: Bool) {
        state.withLock { state in
            state.clock += 1
            var operation = operation
            if isAnswered { operation.returnedAt = state.clock }
            state.operations.append(operation)
        }
    }
}
