internal import CutoverLocking
internal import CutoverWire
internal import Logging
internal import NIOCore
internal import NIOSSL

/// The certificates a server uses now, and how a connection comes to speak TLS with them.
final class TLSServerContext: Sendable {
    private struct State {
        var context: NIOSSLContext
        /// The files as they were when last read, whether they could be used or not.
        var stamps: [FileStamp]
    }

    private let configuration: RPCServerTLS
    private let logger: Logger
    private let state: Mutex<State>

    init(_ configuration: RPCServerTLS, logger: Logger) throws(TLSFileError) {
        self.configuration = configuration
        self.logger = logger
        let stamps = configuration.files.map(FileStamp.init)
        state = Mutex(State(context: try Self.load(configuration), stamps: stamps))
    }

    private static func load(_ configuration: RPCServerTLS) throws(TLSFileError) -> NIOSSLContext {
        var tls = TLSConfiguration.clientDefault
        TLSFiles.settle(&tls)
        try TLSFiles.identify(
            &tls, chainFile: configuration.certificateChainFile, keyFile: configuration.privateKeyFile)
        if let authorities = configuration.clientAuthorityFile {
            tls.trustRoots = .certificates(try TLSFiles.certificates(authorities))
            // A client has no host name that could be compared with its certificate's.
            tls.certificateVerification =
                configuration.clientCertificates == .required ? .noHostnameVerification : .optionalVerification
        } else {
            tls.trustRoots = .certificates([])
            tls.certificateVerification = .none
        }
        return try TLSFiles.context(tls, certificateFile: configuration.certificateChainFile)
    }

    /// Reads the files again when they are others than before. New connections take what could be used.
    func reloadIfChanged() {
        let stamps = configuration.files.map(FileStamp.init)
        let isChanged = state.withLock { state in
            defer { state.stamps = stamps }
            return state.stamps != stamps
        }
        if isChanged { reload() }
    }

    private func reload() {
        do throws(TLSFileError) {
            let context = try Self.load(configuration)
            state.withLock { $0.context = context }
            logger.notice("certificates were reloaded", metadata: ["file": "\(configuration.certificateChainFile)"])
        } catch {
            logger.error(
                "certificates were changed but cannot be used; the old ones stay", metadata: ["why": "\(error)"])
        }
    }

    /// Looks at the files until the task is cancelled. Reading a few small files now and then may block its thread.
    func watch() async {
        let interval = Duration.milliseconds(max(configuration.checkIntervalMs, 100))
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            reloadIfChanged()
        }
    }

    /// Puts TLS in front of what a new connection's pipeline will hold.
    func addHandlers(to channel: any Channel) throws {
        let context = state.withLock(\.context)
        let edge = TLSServerEdge()
        try channel.pipeline.syncOperations.addHandlers([
            edge, NIOSSLServerHandler(context: context), TLSServerHandshake(edge: edge),
        ])
    }

    /// Whom the verified certificate of the client names; nil without one, or when it names nobody.
    func peerCertificate(of context: ChannelHandlerContext) -> RPCPeerCertificate? {
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        return handler?.peerCertificate.flatMap(RPCPeerCertificate.init)
    }
}
