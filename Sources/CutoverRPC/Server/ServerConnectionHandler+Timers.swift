internal import CutoverWire
internal import NIOCore

extension ServerConnectionHandler {
    /// Makes sure that `deadline` is noticed.
    func watch(_ deadline: NIODeadline, context: ChannelHandlerContext) {
        if let timer = deadlineTimer {
            guard deadline < timer.due else { return }
            timer.cancel()
        }
        deadlineTimer = DeadlineTimer(due: deadline, on: context.eventLoop) { self.expireCalls() }
    }

    /// Cancels the calls whose deadline has passed; their answer follows when the handlers have returned.
    private func expireCalls() {
        deadlineTimer = nil
        guard let context else { return }
        let now = NIODeadline.now()
        var earliest: NIODeadline?
        for index in calls.indices {
            guard let deadline = calls[index].deadline, !calls[index].isExpired else { continue }
            if deadline <= now {
                calls[index].isExpired = true
                calls[index].task?.cancel()
            } else {
                earliest = min(earliest ?? deadline, deadline)
            }
        }
        if let earliest { watch(earliest, context: context) }
    }

    /// Looks at the clock of the connection.
    func tick(now: NIODeadline) {
        guard let context else { return }
        closeIfOverdue(context, now: now)
    }

    /// Holds the connection to every deadline of its own. Set-up that fails before the preface gets no answer.
    private func closeIfOverdue(_ context: ChannelHandlerContext, now: NIODeadline) {
        let limits = core.limits
        if times.isStalled(bufferedBytes: bufferedBytes(context), now: now, stallMs: limits.outboundStallMs) {
            closeNow(context)
            return
        }
        guard state.phase != .closed else {
            // A peer that takes the last bytes one by one makes progress, and would hold up a shutdown for ever.
            if let ended = times.ended, now - ended > .milliseconds(Int64(limits.outboundStallMs)) { closeNow(context) }
            return
        }
        if state.phase <= .awaitingHello {
            guard now - times.opened > .milliseconds(Int64(limits.handshakeDeadlineMs)) else { return }
            if state.phase == .awaitingPreface { return closeNow(context) }
            return end(.timeout, "set-up took too long", context: context)
        }
        if endIfRevoked(context) { return }
        // A held read is our doing, not the peer's, and so is the silence that follows from it.
        guard context.channel.isWritable else { return }
        if let started = times.frameStarted, now - started > .milliseconds(Int64(limits.frameDeadlineMs)) {
            return end(.timeout, "a frame took too long", context: context)
        }
        if let sent = times.pingSent, now - sent > .milliseconds(Int64(limits.keepaliveTimeoutMs)) {
            return closeNow(context)
        }
        if let age = times.maximumAge, now >= age {
            drain(.maximumAge, graceMs: core.configuration.connectionDrainGraceMs, context: context)
        } else if state.inFlight == 0, now - times.lastCall > .milliseconds(Int64(limits.idleMs)) {
            drain(.idle, graceMs: core.configuration.connectionDrainGraceMs, context: context)
        }
        pingIfSilent(context, now: now)
        flush(context)
    }

    private func pingIfSilent(_ context: ChannelHandlerContext, now: NIODeadline) {
        let keepaliveMs = core.limits.keepaliveMs
        guard keepaliveMs != 0, now - times.received > .milliseconds(Int64(keepaliveMs)), state.startPing() else {
            return
        }
        times.pingSent = now
        FrameWriter.writePing(to: &output.buffer, opaque: now.uptimeNanoseconds)
    }

    /// Starts to drain: GOAWAY now, every call answered, and what is left after the grace answered UNAVAILABLE.
    func drain(_ reason: GoAwayReason, graceMs: UInt32, context: ChannelHandlerContext) {
        guard state.phase != .closed else { return }
        if state.phase <= .awaitingHello { return closeNow(context) }
        if state.startDrain() {
            core.countGoAway(reason)
            FrameWriter.writeGoAway(
                to: &output.buffer, reason: reason, graceMs: graceMs, text: "finish here, continue elsewhere")
        } else if reason != .drain {
            return
        }
        graceTimer?.cancel()
        let grace = TimeAmount.milliseconds(Int64(graceMs))
        graceTimer = context.eventLoop.assumeIsolated().scheduleTask(in: grace) { self.endDrain() }
    }

    private func endDrain() {
        graceTimer = nil
        guard let context, state.phase != .closed else { return }
        let error = RPCError(
            .unavailable, "the server shut down before the call ended", reason: RPCError.Reason.shuttingDown)
        for slot in calls.indices.map({ UInt32(clamping: $0) }) {
            guard let call = takeCall(in: slot), let origin = call.origin else { continue }
            call.task?.cancel()
            call.stream?.close()
            respond(slot, .failure(error), of: call.route, origin, endedAt: .now(), context: context)
        }
        closeAfterSending(context)
    }
}
