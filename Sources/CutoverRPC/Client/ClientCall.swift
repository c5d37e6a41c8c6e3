internal import CutoverWire
internal import NIOCore
internal import CutoverLocking
internal import struct Synchronization.Atomic

/// One attempt of a call: what is sent, and who waits for what comes back.
///
/// It ends exactly once, whoever comes first: the RESPONSE, the deadline, the caller's cancellation or the loss of the
/// connection. Only the event loop of its connection touches the slot.
final class ClientCall: Sendable {
    private struct State {
        var continuation: CheckedContinuation<ByteBuffer, any Error>?
        var result: Result<ByteBuffer, RPCError>?
        var link: ClientLink?
    }

    let method: RPCMethod
    let payload: ByteBuffer
    let metadata: Metadata
    let deadline: NIODeadline?
    /// Where the messages go, for a stream.
    let stream: ClientStream?
    /// The connection of the attempt before: another one is taken if there is one.
    let avoided: ClientLink?
    private let slotNumber = Atomic<UInt32>(0)
    private let sent = Atomic<Bool>(false)
    private let state = Mutex(State())

    init(
        method: RPCMethod, payload: ByteBuffer, metadata: Metadata, deadline: NIODeadline?, stream: ClientStream? = nil,
        avoiding avoided: ClientLink? = nil
    ) {
        self.method = method
        self.payload = payload
        self.metadata = metadata
        self.deadline = deadline
        self.stream = stream
        self.avoided = avoided
    }

    /// The slot it is in; 0 before it is sent and after its RESPONSE.
    var slot: UInt32 {
        get { slotNumber.load(ordering: .relaxed) }
        set {
            slotNumber.store(newValue, ordering: .relaxed)
            if newValue != 0 { sent.store(true, ordering: .relaxed) }
        }
    }

    /// Whether a byte of it was sent.
    var wasSent: Bool { sent.load(ordering: .relaxed) }

    /// The connection it was given to last.
    var link: ClientLink? { state.withLock { $0.link } }

    var isDone: Bool { state.withLock { $0.result != nil } }

    /// Waits for the end. Called once at most.
    func wait(_ continuation: CheckedContinuation<ByteBuffer, any Error>) {
        let result = state.withLock { state in
            if state.result == nil { state.continuation = continuation }
            return state.result
        }
        if let result { continuation.resume(with: result.mapError { $0 as any Error }) }
    }

    /// Notes the connection the call is given to. False when the call has ended already.
    func attach(_ link: ClientLink) -> Bool {
        state.withLock { state in
            guard state.result == nil else { return false }
            state.link = link
            return true
        }
    }

    /// Ends the call. Returns false, and does nothing, when it had ended.
    @discardableResult
    func finish(_ result: Result<ByteBuffer, RPCError>) -> Bool {
        let (isFirst, continuation) = state.withLock { state in
            guard state.result == nil else { return (false, CheckedContinuation<ByteBuffer, any Error>?.none) }
            state.result = result
            defer { state.continuation = nil }
            return (true, state.continuation)
        }
        guard isFirst else { return false }
        continuation?.resume(with: result.mapError { $0 as any Error })
        stream?.finish(result.map { _ in })
        return true
    }

    /// Ends the call here and tells the server that nobody waits.
    func cancel(_ reason: CancelReason) {
        guard finish(.failure(Self.error(for: reason))) else { return }
        _ = link?.mailbox.post(.cancel(self, reason))
    }

    /// Gives the server more credit for this stream.
    func grant(_ bytes: UInt32) {
        _ = link?.mailbox.post(.credit(self, bytes))
    }

    static func error(for reason: CancelReason) -> RPCError {
        reason == .deadline
            ? RPCError(.deadlineExceeded, "no answer came within the deadline")
            : RPCError(.cancelled, "the caller cancelled the call")
    }
}

/// What reaches a client connection from other threads.
enum ClientEvent: Sendable {
    /// Send this call.
    case call(ClientCall)
    /// This call has ended here: tell the server.
    case cancel(ClientCall, CancelReason)
    /// Grant credit to this stream.
    case credit(ClientCall, UInt32)
    /// The client shuts down.
    case drain(graceMs: UInt32)
}
