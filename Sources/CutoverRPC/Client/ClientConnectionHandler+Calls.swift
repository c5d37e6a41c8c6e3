internal import CutoverWire
internal import NIOCore

extension ClientConnectionHandler {
    /// Takes a call from a caller; ``sendWaiting(_:)`` sends it.
    func accept(_ call: ClientCall, context: ChannelHandlerContext) {
        guard !call.isDone, state.phase < .drained, waiting.count < pool.configuration.maxQueuedCalls else {
            link.callLeft()
            if call.isDone { return }
            switch state.phase {
            case .awaitingHello, .open: call.finish(.failure(ClientPool.queueFullError))
            case .drained: pool.submit(call)
            case .closed: call.finish(.failure(unsentError))
            }
            return
        }
        waiting.append(call)
        if let deadline = call.deadline { watch(deadline, context: context) }
    }

    /// Sends the calls that wait, while there are slots for them and the channel takes more.
    func sendWaiting(_ context: ChannelHandlerContext) {
        while let call = waiting.first, context.channel.isWritable, state.phase < .drained {
            if call.isDone {
                waiting.removeFirst()
                link.callLeft()
                continue
            }
            let bodyBytes = WireLimits.requestPrefixBytes + call.metadata.encodedBytes + call.payload.readableBytes
            if bodyBytes > Int(peerMaxFrameBytes) {
                if state.phase == .awaitingHello { break }
                waiting.removeFirst()
                link.callLeft()
                let error = RPCError(
                    .resourceExhausted, "the message is larger than the server accepts",
                    reason: RPCError.Reason.messageTooLarge, isNotExecuted: true, retryAfterMs: RPCError.neverRetry)
                call.finish(.failure(error))
                continue
            }
            guard let slot = state.open(isStream: call.stream != nil) else { break }
            waiting.removeFirst()
            send(call, slot: slot, context: context)
        }
    }

    private func send(_ call: ClientCall, slot: UInt32, context: ChannelHandlerContext) {
        let credit = call.stream?.creditBytes ?? 0
        while slots.count <= Int(slot) { slots.append(Slot()) }
        slots[Int(slot)] = Slot(call: call, credit: StreamCredit(initial: credit))
        call.slot = slot
        var timeoutMs: UInt32 = 0
        if let deadline = call.deadline {
            let left = (deadline - .now()).nanoseconds / 1_000_000
            timeoutMs = UInt32(clamping: max(left, 1))
        }
        var flags = call.stream == nil ? 0 : RequestFlags.stream
        if call.method.isIdempotent { flags |= RequestFlags.idempotent }
        FrameWriter.writeRequestHead(
            to: &output.buffer, slot: slot, methodID: call.method.id, flags: flags, timeoutMs: timeoutMs,
            creditBytes: credit, metadata: call.metadata, payloadBytes: call.payload.readableBytes)
        output.append(call.payload, context: context)
    }

    /// The caller gave up. The slot stays busy until the RESPONSE.
    func cancel(_ call: ClientCall, _ reason: CancelReason) {
        let slot = call.slot
        guard slot != 0, state.phase != .closed else { return }
        FrameWriter.writeCancel(to: &output.buffer, slot: slot, reason: reason)
    }

    func grant(_ bytes: UInt32, to call: ClientCall) {
        let slot = Int(call.slot)
        guard slot != 0, slot < slots.count, state.phase != .closed, slots[slot].credit.add(bytes) else { return }
        FrameWriter.writeCredit(to: &output.buffer, slot: UInt32(clamping: slot), bytes: bytes)
    }

    /// Carries out one frame, whose body is at the reader index of `buffer`.
    func handle(_ header: FrameHeader, _ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        switch state.received(header) {
        case .response(let slot): receiveResponse(header, &buffer, slot: slot, context: context)
        case .item(let slot): receiveItem(header, &buffer, slot: slot, context: context)
        case .pong:
            if let opaque = buffer.readInteger(as: UInt64.self) {
                FrameWriter.writePong(to: &output.buffer, opaque: opaque)
            }
        case .pingAnswered: times.pingSent = nil
        case .hello: receiveHello(header, &buffer, context: context)
        case .drain: startDrain(graceMs: buffer.readInteger(as: UInt32.self) ?? 0, context: context)
        case .refused: receiveRefusal(header, &buffer, context: context)
        case .violation(let violation): fail(violation, context: context)
        }
    }

    private func receiveResponse(
        _ header: FrameHeader, _ buffer: inout ByteBuffer, slot: UInt32, context: ChannelHandlerContext
    ) {
        guard Int(slot) < slots.count, let call = slots[Int(slot)].call else { return }
        slots[Int(slot)] = Slot()
        call.slot = 0
        link.callLeft()
        noteSuccess()
        buffer.moveReaderIndex(forwardBy: Int(header.metadataLength))
        guard let payload = buffer.readSlice(length: Int(header.length) - Int(header.metadataLength)) else { return }
        if header.status == .ok {
            call.finish(.success(payload))
        } else {
            call.finish(.failure(RPCErrorCoding.decode(payload, header: header)))
        }
    }

    private func receiveItem(
        _ header: FrameHeader, _ buffer: inout ByteBuffer, slot: UInt32, context: ChannelHandlerContext
    ) {
        guard Int(slot) < slots.count, let call = slots[Int(slot)].call else { return }
        guard slots[Int(slot)].credit.take(itemLength: header.length) else {
            return fail(WireViolation(.flowControl, "ITEM beyond credit"), context: context)
        }
        buffer.moveReaderIndex(forwardBy: Int(header.metadataLength))
        guard let item = buffer.readSlice(length: Int(header.length) - Int(header.metadataLength)) else { return }
        noteSuccess()
        call.stream?.deliver(item, itemLength: header.length)
    }

    private func receiveHello(_ header: FrameHeader, _ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        guard let body = buffer.readSlice(length: Int(header.length)) else { return }
        do throws(WireViolation) {
            let hello = try Hello(decoding: body)
            peerMaxFrameBytes = hello.maxFrameBytes ?? WireLimits.maxFrameFloor
            peerMinPingMs = hello.minPingMs ?? 0
            state.accept(hello)
            link.establish()
        } catch {
            fail(error, context: context)
        }
    }

    private func receiveRefusal(_ header: FrameHeader, _ buffer: inout ByteBuffer, context: ChannelHandlerContext) {
        let reason = GoAwayReason(rawValue: header.aux)
        isRefused = reason.isRefusal
        var error = RPCError(
            .unavailable, "the server ended the connection (GOAWAY \(reason.rawValue))",
            reason: RPCError.Reason.connectionLost, isNotExecuted: reason.isRefusal)
        if reason == .unauthenticated {
            error.status = .unauthenticated
            error.message = "the server refused the credentials"
            error.reason = RPCError.Reason.credentialsRefused
            error.retryAfterMs = RPCError.neverRetry
        } else if reason == .version {
            error.message = "the server does not serve protocol version \(Preface.major)"
            error.retryAfterMs = RPCError.neverRetry
        }
        fail(error, context: context)
    }
}
