internal import CutoverWire
internal import NIOCore

extension ServerConnectionHandler {
    /// Judges a REQUEST and starts its handler, or answers at once.
    func startCall(
        _ header: FrameHeader, _ buffer: inout ByteBuffer, slot: UInt32, isStream: Bool,
        context: ChannelHandlerContext
    ) {
        times.lastCall = times.received
        let payloadBytes = Int(header.length) - WireLimits.requestPrefixBytes - Int(header.metadataLength)
        guard
            let prefix = RequestPrefix(reading: &buffer),
            let metadataBlock = buffer.readSlice(length: Int(header.metadataLength)),
            let payload = buffer.readSlice(length: payloadBytes)
        else { return }
        if let violation = prefix.violation(isStream: isStream) {
            end(violation.reason, violation.text.description, context: context)
            return
        }
        var origin = CallOrigin(arrived: times.frameStarted ?? times.received, requestBytes: payloadBytes)
        guard let route = core.route(of: header.aux) else {
            core.countUnknownMethod()
            return refuse(
                slot, nil, origin, .unimplemented, "no such method", RPCError.Reason.unknownMethod, context: context)
        }
        guard (route.method.kind == .serverStream) == isStream else {
            return refuse(
                slot, route, origin, .invalidArgument, "the STREAM flag does not fit the method",
                RPCError.Reason.wrongKind, context: context)
        }
        guard permit(route, slot: slot, origin, context: context) else { return }
        if header.metadataLength != 0 {
            do throws(Metadata.Problem) {
                origin.metadata = try Metadata(decoding: metadataBlock)
            } catch {
                return refuse(
                    slot, route, origin, .invalidArgument, "bad metadata: \(error)", RPCError.Reason.badMetadata,
                    context: context)
            }
        }
        let deadline = prefix.timeoutMs == 0 ? nil : origin.arrived + .milliseconds(Int64(prefix.timeoutMs))
        let call = CallContext(
            method: route.method, deadline: deadline, metadata: origin.metadata, peer: peer)
        start(route, call, payload, origin, slot: slot, creditBytes: prefix.creditBytes, context: context)
    }

    private func start(
        _ route: MethodRoute, _ call: CallContext, _ payload: ByteBuffer, _ origin: CallOrigin, slot: UInt32,
        creditBytes: UInt32, context: ChannelHandlerContext
    ) {
        if case .inlineUnary(let handler) = route.handler {
            if let deadline = call.deadline, deadline <= times.received {
                return respond(slot, .failure(.expiredInQueue), of: route, origin, context: context)
            }
            do {
                respond(
                    slot, .success(try handler(payload, call)), of: route, origin, endedAt: .now(), context: context)
            } catch {
                respond(
                    slot, .failure(core.failure(from: error, method: route.method)), of: route, origin,
                    endedAt: .now(), context: context)
            }
            return
        }
        guard core.admit(route) else {
            let error = RPCError(
                .resourceExhausted, "the server runs as many calls as it may; try again later",
                reason: RPCError.Reason.overloaded, isNotExecuted: true,
                retryAfterMs: core.configuration.overloadRetryAfterMs)
            return respond(slot, .failure(error), of: route, origin, context: context)
        }
        var stream: ServerStream?
        if route.method.kind == .serverStream {
            stream = ServerStream(
                slot: slot, creditBytes: creditBytes, maxItemBytes: peerMaxFrameBytes, mailbox: mailbox)
        }
        while calls.count <= Int(slot) { calls.append(Call()) }
        calls[Int(slot)] = Call(
            route: route, origin: origin, deadline: call.deadline, stream: stream)
        if let deadline = call.deadline { watch(deadline, context: context) }
        calls[Int(slot)].task =
            ServedCall(route, call, payload, slot: slot, stream: stream, core: core, mailbox: mailbox).start()
    }

    /// A handler returned: its answer goes out now, or behind the messages of its stream.
    func finished(
        slot: UInt32, _ result: Result<ByteBuffer, RPCError>, at time: NIODeadline, context: ChannelHandlerContext
    ) {
        if Int(slot) < calls.count, calls[Int(slot)].stream != nil {
            streamEvents.append(.finished(slot: slot, result))
        } else {
            finish(slot, result, at: time, context: context)
        }
    }

    /// Writes stream messages while the channel takes them. They come after every RESPONSE of the batch, and each
    /// stream has at most 64 KiB among them, so that no stream holds up a call or another stream for long.
    func writeStreamEvents(_ context: ChannelHandlerContext) {
        while context.channel.isWritable, state.phase != .closed, let event = streamEvents.popFirst() {
            switch event {
            case .item(let slot, let item):
                let count = item.readableBytes
                FrameWriter.writeItemHead(to: &output.buffer, slot: slot, payloadBytes: count)
                output.append(item, context: context)
                guard let stream = call(in: slot)?.stream else { continue }
                calls[Int(slot)].origin?.sentBytes += count
                stream.itemWritten(bytes: count)
            case .finished(let slot, let result): finish(slot, result, at: .now(), context: context)
            case .drain, .crowdedOut: break
            }
        }
    }

    private func finish(
        _ slot: UInt32, _ result: Result<ByteBuffer, RPCError>, at time: NIODeadline, context: ChannelHandlerContext
    ) {
        guard let call = takeCall(in: slot), let origin = call.origin else { return }
        var result = result
        if call.isExpired && !Self.isNotExecuted(result) || call.cancelReason == .deadline && Self.isCancelled(result) {
            result = .failure(RPCError(.deadlineExceeded, "the deadline passed while the call ran"))
        }
        respond(slot, result, of: call.route, origin, endedAt: time, context: context)
    }

    private static func isNotExecuted(_ result: Result<ByteBuffer, RPCError>) -> Bool {
        if case .failure(let error) = result { error.isNotExecuted } else { false }
    }

    private static func isCancelled(_ result: Result<ByteBuffer, RPCError>) -> Bool {
        if case .failure(let error) = result { error.status == .cancelled } else { false }
    }

    private func refuse(
        _ slot: UInt32, _ route: MethodRoute?, _ origin: CallOrigin, _ status: RPCStatus, _ message: String,
        _ reason: String, context: ChannelHandlerContext
    ) {
        let error = RPCError(
            status, message, reason: reason, isNotExecuted: true, retryAfterMs: RPCError.neverRetry)
        respond(slot, .failure(error), of: route, origin, context: context)
    }

    /// Writes the RESPONSE of a call, and frees its slot.
    /// - Parameters:
    ///   - route: what to count the answer for; nil when there is no such method.
    ///   - time: when its handler returned; nil for a call that no handler has seen.
    func respond(
        _ slot: UInt32, _ result: Result<ByteBuffer, RPCError>, of route: MethodRoute?, _ origin: CallOrigin,
        endedAt time: NIODeadline? = nil, context: ChannelHandlerContext
    ) {
        let action = state.respond(slot: slot)
        guard action != .drop else { return }
        let result = fitting(result)
        route?.count(result, elapsed: time.map { $0 - origin.arrived })
        observe(origin, of: route, result)
        switch result {
        case .success(let payload):
            FrameWriter.writeResponseHead(
                to: &output.buffer, slot: slot, status: .ok, payloadBytes: payload.readableBytes)
            output.append(payload, context: context)
        case .failure(let error):
            write(error, slot: slot, context: context)
            if error.isPeerFault { recordFault(context) }
        }
        if action == .sendAndClose, state.phase != .closed { closeWhenFlushed() }
    }

    /// What is sent of a result: a failure instead of an answer that the client would not accept.
    private func fitting(_ result: Result<ByteBuffer, RPCError>) -> Result<ByteBuffer, RPCError> {
        guard case .success(let payload) = result, payload.readableBytes > Int(peerMaxFrameBytes) else { return result }
        return .failure(
            RPCError(
                .resourceExhausted, "the answer is larger than the client accepts",
                reason: RPCError.Reason.messageTooLarge))
    }

    private func write(_ error: RPCError, slot: UInt32, context: ChannelHandlerContext) {
        var payload = RPCErrorCoding.encode(error)
        if payload.readableBytes > Int(WireLimits.maxFrameFloor) {
            var short = error
            short.details = []
            payload = RPCErrorCoding.encode(short)
        }
        FrameWriter.writeResponseHead(
            to: &output.buffer, slot: slot, status: error.status, notExecuted: error.isNotExecuted,
            retryAfterMs: error.retryAfterMs ?? 0, payloadBytes: payload.readableBytes)
        output.append(payload, context: context)
    }

    /// The call whose handler runs in a slot; nil when there is none.
    func call(in slot: UInt32) -> Call? {
        guard Int(slot) < calls.count, calls[Int(slot)].route != nil else { return nil }
        return calls[Int(slot)]
    }

    /// Ends the call whose handler runs in a slot; nil when there is none.
    func takeCall(in slot: UInt32) -> Call? {
        guard Int(slot) < calls.count, calls[Int(slot)].route != nil else { return nil }
        var call = Call()
        swap(&call, &calls[Int(slot)])
        return call
    }

    /// The client gives a call up. The first reason it gives counts.
    func cancelCall(in slot: UInt32, _ reason: CancelReason) {
        guard Int(slot) < calls.count, calls[Int(slot)].route != nil else { return }
        calls[Int(slot)].cancelReason = calls[Int(slot)].cancelReason ?? reason
        calls[Int(slot)].task?.cancel()
    }

    /// Cancels every handler of this connection and wakes every writer.
    func cancelCalls() {
        let ended = calls
        calls.removeAll()
        for call in ended {
            call.task?.cancel()
            call.stream?.close()
            abandon(call)
        }
    }
}
