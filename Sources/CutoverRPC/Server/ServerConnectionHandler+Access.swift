internal import CutoverWire
internal import NIOCore

extension ServerConnectionHandler {
    /// Asks who the client is. False when it was refused and the connection is ending.
    func authenticate(_ hello: Hello, context: ChannelHandlerContext) -> Bool {
        guard let authenticator = core.configuration.authenticator else {
            caller = .anonymous
            return true
        }
        do {
            caller = try authenticator.authenticate(
                RPCAuthenticationRequest(
                    credentials: hello.credentials, certificate: core.tls?.peerCertificate(of: context),
                    remoteAddress: remoteAddress))
            return true
        } catch {
            end(.unauthenticated, "the credentials were refused", context: context)
            return false
        }
    }

    /// Refuses a call that its caller may not make: the one place where a method's role is checked. False when refused.
    func permit(
        _ route: MethodRoute, slot: UInt32, _ origin: CallOrigin, context: ChannelHandlerContext
    ) -> Bool {
        let method = route.method
        guard !caller.permissions.allow(method.role) else { return true }
        respond(slot, .failure(.roleMissing(method.role, method: method.name)), of: route, origin, context: context)
        return false
    }

    /// Ends the connection of a caller who is not welcome any more. True when it did.
    func endIfRevoked(_ context: ChannelHandlerContext) -> Bool {
        guard let isStillValid = caller.isStillValid, !isStillValid() else { return false }
        end(.revoked, "the credentials are no longer valid", context: context)
        return true
    }
}
