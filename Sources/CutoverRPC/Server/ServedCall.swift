internal import CutoverWire
internal import NIOCore

/// A call whose handler runs as a Swift task, on the cooperative pool.
///
/// A reference, so that what is known of the call lies in one place: copied into the frames of the functions that wait for the
/// handler it would not fit into the memory that each task begins with, and every call would pay for more.
final class ServedCall: Sendable {
    private let route: MethodRoute
    private let call: CallContext
    private let payload: ByteBuffer
    private let slot: UInt32
    /// nil for a unary call.
    private let stream: ServerStream?
    private let core: ServerCore
    private let mailbox: Mailbox<ServerEvent>

    init(
        _ route: MethodRoute, _ call: CallContext, _ payload: ByteBuffer, slot: UInt32, stream: ServerStream?,
        core: ServerCore, mailbox: Mailbox<ServerEvent>
    ) {
        self.route = route
        self.call = call
        self.payload = payload
        self.slot = slot
        self.stream = stream
        self.core = core
        self.mailbox = mailbox
    }

    /// Starts the handler, for which the core has admitted the route; what it comes to goes to the mailbox.
    func start() -> Task<Void, Never> {
        Task {
            do { succeed(try await inheritedAnswer()) } catch { fail(error) }
        }
    }

    /// Lets what the handler calls take over the deadline and the trace.
    private func inheritedAnswer() async throws -> ByteBuffer {
        try refuseIfExpired()
        guard let inherited = CallInheritance(call) else { return try await answer() }
        return try await CallInheritance.$current.withValue(inherited) { try await self.answer() }
    }

    private func answer() async throws -> ByteBuffer {
        guard !core.tracing.isOn, case .unary(let handler) = route.handler else { return try await tracedAnswer() }
        return try await handler(payload, call)
    }

    @inline(never)
    private func tracedAnswer() async throws -> ByteBuffer {
        try await core.tracing.withServerSpan(call) {
            switch self.route.handler {
            case .unary(let handler): return try await handler(self.payload, self.call)
            case .inlineUnary(let handler): return try handler(self.payload, self.call)
            case .serverStream(let handler):
                guard let stream = self.stream else { throw RPCError(.internal, "the stream was not opened") }
                try await handler(self.payload, self.call, RPCItemWriter(stream: stream))
                return ByteBuffer()
            }
        }
    }

    // What follows stays out of the frames of the functions that wait.

    @inline(never)
    private func refuseIfExpired() throws {
        if let deadline = call.deadline, deadline <= .now() { throw RPCError.expiredInQueue }
    }

    @inline(never)
    private func succeed(_ answer: ByteBuffer) {
        finish(.success(answer))
    }

    @inline(never)
    private func fail(_ error: any Error) {
        finish(.failure(core.failure(from: error, method: route.method)))
    }

    private func finish(_ result: Result<ByteBuffer, RPCError>) {
        core.release(route)
        stream?.close()
        // A mailbox that is closed has no connection left to answer on.
        _ = mailbox.post(.finished(slot: slot, result))
    }
}

extension RPCError {
    /// The answer to a call that waited for longer than its caller does.
    static var expiredInQueue: RPCError {
        RPCError(
            .deadlineExceeded, "the deadline passed before the call could begin", reason: Reason.expiredInQueue,
            isNotExecuted: true)
    }
}
