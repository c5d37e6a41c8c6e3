internal import CutoverWire
internal import NIOCore

extension ServerConnectionHandler {
    /// Tells the observer, if there is one that wants to know, how a call ended.
    func observe(_ origin: CallOrigin, of route: MethodRoute?, _ result: Result<ByteBuffer, RPCError>) {
        if case .success = result, !core.observesSuccess { return }
        guard let observer = core.configuration.callObserver else { return }
        let status: RPCStatus
        var reason = ""
        var responseBytes = origin.sentBytes
        switch result {
        case .success(let payload):
            status = .ok
            responseBytes += payload.readableBytes
        case .failure(let error):
            status = error.status
            reason = error.reason
        }
        let elapsedUs = max(0, (NIODeadline.now() - origin.arrived).nanoseconds) / 1_000
        observer.callEnded(
            RPCEndedCall(
                method: route?.method, status: status, reason: reason, elapsedUs: UInt64(elapsedUs),
                identity: caller.identity, remoteAddress: remoteAddress, connection: connectionNumber,
                requestBytes: origin.requestBytes, responseBytes: responseBytes, metadata: origin.metadata))
    }

    /// A call ends with its connection: there is nobody left to answer.
    func abandon(_ call: Call) {
        guard let route = call.route, let origin = call.origin else { return }
        route.countAbandoned()
        let error = RPCError(
            .cancelled, "the connection ended before the answer", reason: RPCError.Reason.connectionLost)
        observe(origin, of: route, .failure(error))
    }
}
