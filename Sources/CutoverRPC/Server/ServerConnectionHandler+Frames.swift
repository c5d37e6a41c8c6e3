internal import CutoverWire
internal import NIOCore

extension ServerConnectionHandler {
    /// Carries out one frame, whose body is at the reader index of `buffer`.
    func handle(_ header: FrameHeader, _ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        switch state.received(header) {
        case .request(let slot, let isStream):
            startCall(header, &buffer, slot: slot, isStream: isStream, context: context)
        case .cancel(let slot, let reason): cancelCall(in: slot, reason)
        case .credit(let slot, let bytes):
            if let stream = call(in: slot)?.stream, !stream.add(credit: bytes) {
                end(.flowControl, "the credit of a stream is over 2^31-1", context: context)
            }
        case .pong: answerPing(&buffer, context: context)
        case .pingAnswered: times.pingSent = nil
        case .drained(let closeNow): if closeNow { closeWhenFlushed() }
        case .hello: receiveHello(header, &buffer, context: context)
        case .ignore: break
        case .violation(let violation): end(violation.reason, violation.text.description, context: context)
        }
    }

    private func receiveHello(_ header: FrameHeader, _ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        guard let body = buffer.readSlice(length: Int(header.length)) else { return }
        do throws(WireViolation) {
            let hello = try Hello(decoding: body)
            guard authenticate(hello, context: context) else { return }
            peerMaxFrameBytes = hello.maxFrameBytes ?? WireLimits.maxFrameFloor
            state.accept(hello)
            core.connections.setUp(number: connectionNumber)
            decoder.maxFrameBytes = core.limits.maxFrameBytes
            times.lastCall = times.received
        } catch {
            end(error.reason, error.text.description, context: context)
        }
    }

    private func answerPing(_ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        guard let opaque = buffer.readInteger(as: UInt64.self) else { return }
        FrameWriter.writePong(to: &output.buffer, opaque: opaque)
        if let last = times.lastPeerPing,
            times.received - last < .milliseconds(Int64(core.limits.minPingMs))
        {
            recordFault(context)
        }
        times.lastPeerPing = times.received
    }

    /// Counts a fault of the peer, and ends the connection when there are too many.
    func recordFault(_ context: ChannelHandlerContext) {
        let nowMs = Int64(clamping: times.received.uptimeNanoseconds / 1_000_000)
        guard state.phase != .closed, faults.record(nowMs: nowMs) else { return }
        end(.tooManyFaults, "too many faulty calls or pings", context: context)
    }
}
