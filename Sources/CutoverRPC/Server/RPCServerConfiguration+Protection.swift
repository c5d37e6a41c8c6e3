internal import Logging
internal import NIOCore

extension RPCServerConfiguration {
    /// Whether a server could start with this, as far as that can be said without listening.
    /// - Throws: ``RPCServerError`` when the certificates cannot be used, or the address may not be served like this.
    public func check() throws {
        _ = try makeTLS(logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
        guard case .tcp(let host, let port) = endpoint else { return }
        let address: SocketAddress
        do {
            address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw RPCServerError(.addressUnusable, "cannot listen on \(endpoint)", cause: error)
        }
        try requireProtection(at: address)
    }

    func makeTLS(logger: Logger) throws(RPCServerError) -> TLSServerContext? {
        guard let tls else { return nil }
        do throws(TLSFileError) {
            return try TLSServerContext(tls, logger: logger)
        } catch {
            throw RPCServerError(.tlsUnusable, "cannot speak TLS: \(error)")
        }
    }

    /// Refuses to serve plaintext or strangers on the network, unless the operator says so.
    func requireProtection(at address: SocketAddress) throws(RPCServerError) {
        guard !address.staysOnThisMachine else { return }
        guard tls != nil || allowPlaintextAnywhere else {
            throw RPCServerError(
                .plaintextRefused,
                "\(endpoint) is not a loopback address, and everything there could be read on the network; use TLS, "
                    + "listen on 127.0.0.1, ::1 or a Unix socket, or allow plaintext anywhere")
        }
        guard authenticator?.isRequired == true || allowAnonymousAnywhere else {
            throw RPCServerError(
                .anonymousRefused,
                "\(endpoint) is not a loopback address, and anybody on the network could call; make tokens or ask for "
                    + "client certificates, or allow anonymous callers anywhere")
        }
    }
}
