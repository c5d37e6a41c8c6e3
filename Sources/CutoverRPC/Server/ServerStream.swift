internal import CutoverWire
internal import NIOCore
internal import CutoverLocking

/// The sending side of one server stream: who may send, who waits.
///
/// Writers wait here while the client's credit is used up, or while earlier messages of the same stream have not yet
/// reached the connection; so one stream holds at most 64 KiB and one message in the server's memory.
final class ServerStream: Sendable {
    private struct State {
        var credit: StreamCredit
        var queuedBytes = 0
        var isClosed = false
        var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, Never>)] = []
        var nextWaiterID: UInt64 = 0

        var canSend: Bool { credit.canSend && queuedBytes < ServerStream.maxQueuedBytes }
    }

    private static let maxQueuedBytes = 64 << 10

    private let state: Mutex<State>
    private let slot: UInt32
    private let maxItemBytes: Int
    private let mailbox: Mailbox<ServerEvent>

    init(slot: UInt32, creditBytes: UInt32, maxItemBytes: UInt32, mailbox: Mailbox<ServerEvent>) {
        state = Mutex(State(credit: StreamCredit(initial: creditBytes)))
        self.slot = slot
        self.maxItemBytes = Int(maxItemBytes)
        self.mailbox = mailbox
    }

    func write(_ item: ByteBuffer) async throws {
        let count = item.readableBytes
        guard count <= maxItemBytes else {
            throw RPCError(
                .resourceExhausted, "a stream message is larger than the client accepts",
                reason: RPCError.Reason.messageTooLarge)
        }
        while true {
            try Task.checkCancellation()
            let isSent = try state.withLock { state in
                guard !state.isClosed else { throw CancellationError() }
                guard state.canSend, state.credit.take(itemLength: UInt32(clamping: count)) else { return false }
                state.queuedBytes += count
                guard mailbox.post(.item(slot: slot, item)) else { throw CancellationError() }
                return true
            }
            if isSent { return }
            await waitForRoom()
        }
    }

    /// Credit came from the client. False when it is more than can be counted, which is a violation.
    func add(credit bytes: UInt32) -> Bool {
        let (isCounted, waiters) = state.withLock { state in
            (state.credit.add(bytes), Self.takeWaiters(&state))
        }
        for waiter in waiters { waiter.resume() }
        return isCounted
    }

    /// A message has reached the connection.
    func itemWritten(bytes: Int) {
        let waiters = state.withLock { state in
            state.queuedBytes -= bytes
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The call ended or its connection is gone: writers fail from now on.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    private func waitForRoom() async {
        let id = state.withLock { state in
            state.nextWaiterID &+= 1
            return state.nextWaiterID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard !state.isClosed, !state.canSend, !Task.isCancelled else { return false }
                    state.waiters.append((id, continuation))
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0).continuation }
            }
            waiter?.resume()
        }
    }

    private static func takeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard !state.waiters.isEmpty, state.isClosed || state.canSend else { return [] }
        defer { state.waiters.removeAll(keepingCapacity: true) }
        return state.waiters.map(\.continuation)
    }
}

/// What reaches a server connection from other threads.
enum ServerEvent: Sendable {
    /// A message of a stream.
    case item(slot: UInt32, ByteBuffer)
    /// A handler returned.
    case finished(slot: UInt32, Result<ByteBuffer, RPCError>)
    /// The server shuts down.
    case drain(graceMs: UInt32)
    /// Too many connections are being set up, and this one has been at it for the longest time.
    case crowdedOut
}
