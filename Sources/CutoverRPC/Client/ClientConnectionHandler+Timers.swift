internal import CutoverWire
internal import NIOCore

extension ClientConnectionHandler {
    /// Makes sure that `deadline` is noticed.
    func watch(_ deadline: NIODeadline, context: ChannelHandlerContext) {
        if let timer = deadlineTimer {
            guard deadline < timer.due else { return }
            timer.cancel()
        }
        deadlineTimer = DeadlineTimer(due: deadline, on: context.eventLoop) { self.expireCalls() }
    }

    /// Ends the calls whose deadline has passed, and tells the server.
    private func expireCalls() {
        deadlineTimer = nil
        guard let context else { return }
        let now = NIODeadline.now()
        var earliest: NIODeadline?
        for slot in slots {
            guard let call = slot.call, let deadline = call.deadline, !call.isDone else { continue }
            if deadline > now {
                earliest = min(earliest ?? deadline, deadline)
            } else if call.finish(.failure(ClientCall.error(for: .deadline))) {
                cancel(call, .deadline)
            }
        }
        for call in waiting {
            guard let deadline = call.deadline, !call.isDone else { continue }
            if deadline > now {
                earliest = min(earliest ?? deadline, deadline)
            } else {
                call.finish(.failure(ClientCall.error(for: .deadline)))
            }
        }
        if let earliest { watch(earliest, context: context) }
        flush(context)
    }

    func scheduleTick(_ context: ChannelHandlerContext) {
        let interval = ConnectionTimes.tickInterval(for: limits)
        tick = context.eventLoop.assumeIsolated().scheduleTask(in: interval) { self.onTick() }
    }

    private func onTick() {
        tick = nil
        guard let context else { return }
        closeIfOverdue(context, now: .now())
        if self.context != nil { scheduleTick(context) }
    }

    private func closeIfOverdue(_ context: ChannelHandlerContext, now: NIODeadline) {
        let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let isStalled = times.isStalled(bufferedBytes: buffered, now: now, stallMs: limits.outboundStallMs)
        let isSetUpLate =
            state.phase == .awaitingHello && now - times.opened > .milliseconds(Int64(limits.handshakeDeadlineMs))
        let isFrameLate = times.frameStarted.map { now - $0 > .milliseconds(Int64(limits.frameDeadlineMs)) } ?? false
        let isSilent = times.pingSent.map { now - $0 > .milliseconds(Int64(limits.keepaliveTimeoutMs)) } ?? false
        if isStalled || isSetUpLate || isFrameLate || isSilent {
            return fail(closeError, context: context)
        }
        let keepaliveMs = max(limits.keepaliveMs, peerMinPingMs)
        guard limits.keepaliveMs != 0, now - times.received > .milliseconds(Int64(keepaliveMs)), state.startPing()
        else {
            return
        }
        times.pingSent = now
        FrameWriter.writePing(to: &output.buffer, opaque: now.uptimeNanoseconds)
        flush(context)
    }

    /// Sends DRAINED; calls in flight are still answered here, all others go to another connection.
    func startDrain(graceMs: UInt32, context: ChannelHandlerContext) {
        guard state.startDrain() else { return pool.retire(link) }
        noteAge()
        pool.drained(link, hasWorked: hasWorked)
        FrameWriter.writeDrained(to: &output.buffer)
        for call in waiting {
            link.callLeft()
            pool.submit(call)
        }
        waiting.removeAll()
        // The server closes within its grace; one that does not is not waited for much longer.
        let limit = TimeAmount.milliseconds(Int64(graceMs) + 5_000)
        graceTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { self.close() }
    }

    /// The client shuts down: what is in flight has `graceMs` to be answered.
    func shutDown(graceMs: UInt32, context: ChannelHandlerContext) {
        pool.retire(link)
        if state.startDrain() { FrameWriter.writeDrained(to: &output.buffer) }
        for call in waiting { call.finish(.failure(ClientPool.shutDownError)) }
        waiting.removeAll()
        guard state.inFlight > 0 else { return close() }
        graceTimer?.cancel()
        let grace = TimeAmount.milliseconds(Int64(graceMs))
        graceTimer = context.eventLoop.assumeIsolated().scheduleTask(in: grace) { self.close() }
    }

    private func close() {
        guard let context else { return }
        flush(context)
        context.close(promise: nil)
    }
}
