internal import CutoverLocking
internal import CutoverWire
internal import NIOCore
internal import NIOSSL

/// What a client speaks TLS with, read again when its files change.
final class TLSClientContext: Sendable {
    private struct State {
        var context: NIOSSLContext?
        var stamps: [FileStamp] = []
    }

    private let configuration: RPCClientTLS
    private let endpoint: RPCEndpoint
    private let deadline: TimeAmount
    private let state = Mutex(State())

    init(_ configuration: RPCClientTLS, endpoint: RPCEndpoint, limits: WireLimits) {
        self.configuration = configuration
        self.endpoint = endpoint
        deadline = .milliseconds(Int64(limits.handshakeDeadlineMs))
    }

    /// What a new connection needs. Blocks while it reads files, so not for an event loop.
    /// - Throws: ``RPCError`` when the configuration or its files cannot be used.
    func prepare() throws(RPCError) -> Connecting {
        let name = try serverName()
        do throws(TLSFileError) {
            return Connecting(context: try context(), serverName: name, deadline: deadline)
        } catch {
            throw Self.unusable(error.description)
        }
    }

    private func context() throws(TLSFileError) -> NIOSSLContext {
        let stamps = configuration.files.map(FileStamp.init)
        if let known = state.withLock({ $0.stamps == stamps ? $0.context : nil }) { return known }
        var tls = TLSConfiguration.clientDefault
        TLSFiles.settle(&tls)
        if let authorities = configuration.authorityFile {
            tls.trustRoots = .certificates(try TLSFiles.certificates(authorities))
        }
        switch (configuration.certificateChainFile, configuration.privateKeyFile) {
        case (nil, nil): break
        case (.some(let chain), .some(let key)): try TLSFiles.identify(&tls, chainFile: chain, keyFile: key)
        default: throw TLSFileError("a client certificate and its private key go together; give both or neither")
        }
        let context = try TLSFiles.context(tls, certificateFile: configuration.certificateChainFile)
        state.withLock { $0 = State(context: context, stamps: stamps) }
        return context
    }

    /// The name to expect in the server's certificate; nil where the address itself is expected there.
    private func serverName() throws(RPCError) -> String? {
        if let name = configuration.serverName {
            guard !name.isEmpty, name.utf8.count <= 253, !Self.isAddress(name) else {
                throw Self.unusable("the server name for TLS must be a host name, not \"\(name)\"")
            }
            return name
        }
        switch endpoint {
        case .tcp(let host, _): return Self.isAddress(host) ? nil : host
        case .unix: throw Self.unusable("TLS over a Unix socket needs the name that the server's certificate has")
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    private static func unusable(_ why: String) -> RPCError {
        RPCError(
            .invalidArgument, why, reason: RPCError.Reason.tlsUnusable, isNotExecuted: true,
            retryAfterMs: RPCError.neverRetry)
    }

    /// Adds TLS to a connection that is being made.
    struct Connecting: Sendable {
        let context: NIOSSLContext
        let serverName: String?
        let deadline: TimeAmount

        /// - Parameter outcome: told when the handshake has ended.
        func addHandlers(to channel: any Channel, outcome: EventLoopPromise<Void>) throws {
            let handshake = TLSClientHandshake(outcome: outcome, deadline: deadline, serverName: serverName)
            do {
                try channel.pipeline.syncOperations.addHandlers([
                    NIOSSLClientHandler(context: context, serverHostname: serverName), handshake,
                ])
            } catch {
                outcome.fail(error)
                throw error
            }
        }
    }
}
