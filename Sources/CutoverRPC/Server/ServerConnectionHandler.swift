internal import CutoverWire
internal import Logging
internal import NIOCore

/// One connection of a server: reads frames in place, runs calls, gathers the answers of a batch into one flush.
///
/// Lives on its event loop alone. What a frame means is decided by ``ServerConnectionState``; handlers on other
/// threads reach it through its mailbox.
final class ServerConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A call in flight. A slot without one has a nil route.
    struct Call {
        var route: MethodRoute?
        var origin: CallOrigin?
        var deadline: NIODeadline?
        var task: Task<Void, Never>?
        var stream: ServerStream?
        var isExpired = false
        /// Why the client cancelled it; nil when it did not.
        var cancelReason: CancelReason?
    }

    /// What happens to arriving bytes.
    enum Reading {
        case parse
        /// The connection is ending: bytes are dropped, up to a limit.
        case drop(remainingBytes: Int)
    }

    let core: ServerCore
    let mailbox: Mailbox<ServerEvent>
    var state: ServerConnectionState
    var decoder: FrameDecoder
    var calls: [Call] = []
    let output = OutboundBuffer()
    /// Stream messages and stream ends that wait for the channel to take more.
    /// It begins small: most connections have no stream.
    var streamEvents = CircularBuffer<ServerEvent>(initialCapacity: 1)
    var faults: FaultWindow
    var context: ChannelHandlerContext?
    var remoteAddress = "unknown"
    var connectionNumber: UInt64 = 0
    var caller = RPCCaller.nobody
    /// For the contexts of calls, of which there is none before the caller is known.
    private(set) lazy var peer = CallContext.Peer(
        remoteAddress: remoteAddress, identity: caller.identity, permissions: caller.permissions)
    var peerMaxFrameBytes: UInt32 = WireLimits.maxFrameFloor
    var times = ConnectionTimes(now: .now())
    var deadlineTimer: DeadlineTimer?
    var graceTimer: Scheduled<Void>?
    private var leftover: ByteBuffer?
    private var reading = Reading.parse
    private var isReadHeld = false
    private var closesAfterFlush = false
    private var events: [ServerEvent] = []

    init(core: ServerCore, eventLoop: any EventLoop) {
        self.core = core
        mailbox = Mailbox(eventLoop: eventLoop)
        state = ServerConnectionState(maxInFlight: core.limits.maxInFlight)
        decoder = FrameDecoder(sender: .client, maxFrameBytes: WireLimits.maxHelloBytes)
        faults = FaultWindow(limit: core.limits.maxFaults, windowMs: core.limits.faultWindowMs)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        remoteAddress = context.remoteAddress.flatMap(Self.describe) ?? "unix"
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        mailbox.open { bound.value.readMailbox() }
        times = ConnectionTimes(now: .now())
        let added = core.connections.add(
            context.channel, mailbox: mailbox, maxConnections: core.configuration.maxConnections,
            maxSettingUp: core.configuration.maxConnectionsInSetUp)
        connectionNumber = added.number
        switch added.admission {
        case .accepted:
            times.setMaximumAge(core.configuration.maxConnectionAgeMs)
            core.tickers.ticker(on: context.eventLoop).add(self)
        case .overloaded:
            core.hello.writeFrame(to: &output.buffer)
            end(.overloaded, "the server has as many connections as it may", context: context)
        case .closed: closeNow(context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        core.count(receivedBytes: buffer.readableBytes)
        if case .drop(let remaining) = reading {
            let left = remaining - buffer.readableBytes
            reading = .drop(remainingBytes: left)
            if left < 0 { closeNow(context) }
            return
        }
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
        flush(context)
    }

    /// Reads nothing while the peer does not take what waits for it.
    func read(context: ChannelHandlerContext) {
        if context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        // Later, not now: this may be a call from inside our own write.
        context.eventLoop.assumeIsolated().execute { self.becameWritable() }
    }

    private func becameWritable() {
        guard let context else { return }
        writeStreamEvents(context)
        flush(context)
        if isReadHeld, context.channel.isWritable {
            isReadHeld = false
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { closeNow(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        core.logger.debug("connection failed", metadata: ["error_type": "\(type(of: error))"])
        closeNow(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.fail()
        core.connections.remove(context.channel, number: connectionNumber)
        _ = mailbox.close()
        streamEvents.removeAll()
        cancelCalls()
        core.tickers.ticker(on: context.eventLoop).remove(self)
        graceTimer?.cancel()
        deadlineTimer?.cancel()
        graceTimer = nil
        deadlineTimer = nil
        self.context = nil
        context.fireChannelInactive()
    }

    // MARK: - Bytes

    private func parse(_ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        if state.phase == .awaitingPreface, !readPreface(&buffer, context: context) {
            leftover = buffer
            return
        }
        while state.phase != .closed {
            switch decoder.next(in: &buffer) {
            case .needMoreBytes:
                keep(&buffer)
                return
            case .violation(let violation):
                end(violation.reason, violation.text.description, context: context)
                return
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

    private func readPreface(_ buffer: inout ByteBuffer, context: ChannelHandlerContext) -> Bool {
        switch Preface.parse(&buffer) {
        case .needMoreBytes: return false
        case .accepted:
            state.receivedPreface()
            core.hello.writeFrame(to: &output.buffer)
            return true
        case .otherMajor:
            core.hello.writeFrame(to: &output.buffer)
            end(.version, "this server serves major version 1 only", context: context)
        case .looksLikeHTTP:
            output.buffer.writeString("HTTP/1.1 400 Bad Request\r\n\r\n")
            closeAfterSending(context)
        case .garbage: closeNow(context)
        }
        return true
    }

    // MARK: - Output

    /// Sends what was gathered, and holds the outbound queue to its bound.
    func flush(_ context: ChannelHandlerContext) {
        if output.flush(context: context) {
            core.count(sentBytes: output.takeHandedOverBytes())
            state.flushed()
            if !context.channel.isWritable, bufferedBytes(context) > core.limits.outboundCloseBytes {
                closeNow(context)
                return
            }
        }
        if closesAfterFlush {
            closesAfterFlush = false
            linger(context)
        }
    }

    /// Bytes the channel holds that the network has not taken.
    func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
        guard let count = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes) else { return 0 }
        return count
    }

    /// Tells the peer why, and ends the connection; nothing more of it is parsed.
    func end(_ reason: GoAwayReason, _ text: String, context: ChannelHandlerContext) {
        core.logger.debug(
            "connection ended",
            metadata: ["connection": "\(connectionNumber)", "reason": "\(reason.rawValue)", "text": "\(text)"])
        core.countGoAway(reason)
        FrameWriter.writeGoAway(to: &output.buffer, reason: reason, graceMs: 0, text: text)
        closeAfterSending(context)
    }

    /// Makes room for a newer connection, unless this one was set up in the meantime. What it is told may be lost: waiting
    /// until that has arrived would keep the room taken.
    private func crowdOut(_ context: ChannelHandlerContext) {
        guard state.phase <= .awaitingHello else { return }
        if state.phase == .awaitingPreface { core.hello.writeFrame(to: &output.buffer) }
        FrameWriter.writeGoAway(
            to: &output.buffer, reason: .overloaded, graceMs: 0, text: "too many connections are being set up")
        _ = output.flush(context: context)
        closeNow(context)
    }

    /// Ends the connection without a word. TLS may take a second to say farewell; nothing is parsed or answered in it.
    func closeNow(_ context: ChannelHandlerContext) {
        state.fail()
        cancelCalls()
        streamEvents.removeAll()
        context.close(promise: nil)
    }

    /// Sends what was gathered and closes; every call still running is cancelled.
    func closeAfterSending(_ context: ChannelHandlerContext) {
        state.fail()
        cancelCalls()
        streamEvents.removeAll()
        closesAfterFlush = true
        flush(context)
    }

    /// Closes in order once the batch is sent: the last RESPONSE after DRAINED is in it.
    func closeWhenFlushed() {
        state.fail()
        closesAfterFlush = true
    }

    /// Half-closes, and drops a little of what the peer still sends, so that it can read our last frames: a close
    /// with unread bytes would reset the connection and throw them away.
    private func linger(_ context: ChannelHandlerContext) {
        times.ended = .now()
        reading = .drop(remainingBytes: WireLimits.lingerBytes)
        leftover = nil
        let channel = context.channel
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.whenComplete { _ in
            channel.eventLoop.scheduleTask(in: .milliseconds(Int64(WireLimits.lingerMs))) {
                channel.close(promise: nil)
            }
        }
        // Takes effect when all that waits is sent; a peer that does not take it is met by the stall deadline.
        context.close(mode: .output, promise: closed)
    }

    private func readMailbox() {
        mailbox.take(into: &events)
        guard let context else {
            events.removeAll()
            return
        }
        let now = NIODeadline.now()
        for event in events {
            switch event {
            case .finished(let slot, let result): finished(slot: slot, result, at: now, context: context)
            case .item: streamEvents.append(event)
            case .drain(let graceMs): drain(.drain, graceMs: graceMs, context: context)
            case .crowdedOut: crowdOut(context)
            }
        }
        events.removeAll(keepingCapacity: true)
        writeStreamEvents(context)
        flush(context)
    }

    private static func describe(_ address: SocketAddress) -> String? {
        guard let ip = address.ipAddress, let port = address.port else { return nil }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}
