internal import CutoverWire
internal import Logging
internal import NIOCore

/// One connection of a client: sends calls, matches answers to them, and gathers a batch into one flush.
///
/// Lives on its event loop alone. What a frame means is decided by ``ClientConnectionState``; callers on other
/// threads reach it through its mailbox.
final class ClientConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A call in flight. A slot without one has a nil call.
    struct Slot {
        var call: ClientCall?
        var credit = StreamCredit(initial: 0)
    }

    let pool: ClientPool
    let link: ClientLink
    let limits: WireLimits
    var state: ClientConnectionState
    var decoder: FrameDecoder
    let output = OutboundBuffer()
    var slots: [Slot] = []
    /// Calls that wait for a slot, for HELLO or for the channel to take more.
    var waiting = CircularBuffer<ClientCall>()
    var context: ChannelHandlerContext?
    var peerMaxFrameBytes = WireLimits.maxFrameFloor
    var peerMinPingMs: UInt32 = 0
    var times = ConnectionTimes(now: .now())
    var deadlineTimer: DeadlineTimer?
    var tick: Scheduled<Void>?
    var graceTimer: Scheduled<Void>?
    /// Whether the server has refused this client.
    var isRefused = false
    /// Whether it has brought an answer, or lasted (PROTOCOL.md, RETRY-9).
    private(set) var hasWorked = false
    /// What the calls in flight fail with when the connection closes.
    var closeError = RPCError(
        .unavailable, "the connection was lost before the answer came", reason: RPCError.Reason.connectionLost)
    private let attempt: ClientPool.Attempt
    private var leftover: ByteBuffer?
    private var events: [ClientEvent] = []

    init(pool: ClientPool, link: ClientLink, attempt: ClientPool.Attempt) {
        self.pool = pool
        self.link = link
        self.attempt = attempt
        limits = pool.limits
        state = ClientConnectionState(maxInFlight: limits.maxInFlight)
        decoder = FrameDecoder(sender: .server, maxFrameBytes: limits.maxFrameBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        times = ConnectionTimes(now: .now())
        var hello = Hello()
        hello.maxFrameBytes = limits.maxFrameBytes
        hello.maxInFlight = limits.maxInFlight
        hello.streamCreditBytes = limits.streamCreditBytes
        hello.agent = pool.configuration.agent
        hello.credentials = pool.configuration.credentials
        hello.minPingMs = limits.minPingMs
        Preface.write(to: &output.buffer)
        hello.writeFrame(to: &output.buffer)
        flush(context)
        scheduleTick(context)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        link.mailbox.open { bound.value.readMailbox() }
        // Here and not later: the calls that wait must be in the mailbox before the server's refusal can be read.
        if !pool.connected(link, by: attempt) { context.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        if state.phase == .awaitingHello, isTLSAlert(buffer) { return fail(Self.serverSpeaksTLS, context: context) }
        times.received = .now()
        times.pingSent = nil
        if var kept = leftover {
            leftover = nil
            kept.writeBuffer(&buffer)
            parse(&kept, context: context)
        } else {
            parse(&buffer, context: context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        sendWaiting(context)
        flush(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        // Later, not now: this may be a call from inside our own write.
        context.eventLoop.assumeIsolated().execute {
            guard let context = self.context else { return }
            self.sendWaiting(context)
            self.flush(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? RPCError { closeError = error }
        state.fail()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        noteAge()
        let ending = ending
        state.fail()
        self.context = nil
        pool.closed(link, ending)
        tick?.cancel()
        graceTimer?.cancel()
        deadlineTimer?.cancel()
        tick = nil
        graceTimer = nil
        deadlineTimer = nil
        for slot in slots { slot.call?.finish(.failure(closeError)) }
        slots.removeAll()
        for call in waiting { call.finish(.failure(unsentError)) }
        waiting.removeAll()
        for case .call(let call) in link.mailbox.close() { call.finish(.failure(unsentError)) }
        context.fireChannelInactive()
    }

    /// A connection that lasts so long works, even if it was never used.
    private static let soundAfter = TimeAmount.seconds(1)

    private var ending: ClientPool.Ending {
        if isRefused { return .useless }
        if state.phase == .drained { return .drained }
        return hasWorked ? .lost : .useless
    }

    func noteAge() {
        if link.isEstablished, NIODeadline.now() - times.opened >= Self.soundAfter { noteSuccess() }
    }

    /// The connection works.
    func noteSuccess() {
        guard !hasWorked else { return }
        hasWorked = true
        pool.worked(link)
    }

    /// What a call fails with that was given to this connection and not sent when it closed.
    var unsentError: RPCError {
        var error = closeError
        error.isNotExecuted = true
        return error
    }

    /// Whether a server that speaks TLS answers our plaintext: no HELLO begins like that, for its length would be 352 MB.
    private func isTLSAlert(_ buffer: ByteBuffer) -> Bool {
        leftover == nil && buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) == 0x1503
    }

    private static let serverSpeaksTLS = RPCError(
        .unavailable, "the server speaks TLS; connect with TLS", reason: RPCError.Reason.tlsFailed, isNotExecuted: true,
        retryAfterMs: RPCError.neverRetry)

    /// Closes at once; every call in flight fails with `error`.
    func fail(_ error: RPCError, context: ChannelHandlerContext) {
        state.fail()
        closeError = error
        pool.retire(link)
        context.close(promise: nil)
    }

    /// Closes because the server broke the protocol.
    func fail(_ violation: WireViolation, context: ChannelHandlerContext) {
        pool.logger.warning("server broke the protocol", metadata: ["text": "\(violation.text)"])
        let error = RPCError(
            .unavailable, "the server broke the protocol: \(violation.text)", reason: RPCError.Reason.connectionLost)
        fail(error, context: context)
    }

    /// Sends what was gathered.
    func flush(_ context: ChannelHandlerContext) {
        if output.flush(context: context) { state.flushed() }
    }

    private func parse(_ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        while state.phase != .closed {
            switch decoder.next(in: &buffer) {
            case .needMoreBytes:
                keep(&buffer)
                return
            case .violation(let violation): return fail(violation, context: context)
            case .frame(let header):
                let end = buffer.readerIndex + Int(header.length)
                handle(header, &buffer, context: context)
                buffer.moveReaderIndex(to: end)
                times.frameStarted = nil
            }
        }
    }

    /// Keeps the part of a frame in storage of its own, so that neither it nor a payload pins the other.
    private func keep(_ buffer: inout ByteBuffer) {
        guard buffer.readableBytes > 0 else {
            times.frameStarted = nil
            return
        }
        if times.frameStarted == nil { times.frameStarted = times.received }
        leftover = buffer.readerIndex == 0 ? buffer : ByteBuffer(buffer.readableBytesView)
    }

    private func readMailbox() {
        link.mailbox.take(into: &events)
        guard let context else {
            for case .call(let call) in events { call.finish(.failure(unsentError)) }
            events.removeAll()
            return
        }
        for event in events {
            switch event {
            case .call(let call): accept(call, context: context)
            case .cancel(let call, let reason): cancel(call, reason)
            case .credit(let call, let bytes): grant(bytes, to: call)
            case .drain(let graceMs): shutDown(graceMs: graceMs, context: context)
            }
        }
        events.removeAll(keepingCapacity: true)
        sendWaiting(context)
        flush(context)
    }
}
