internal import CutoverRPC
internal import Foundation
internal import Logging
internal import Synchronization

/// Who may connect, as the access file says now. Read again when it changes, so that nothing must be restarted.
///
/// Where there is neither the file nor an authority for client certificates, nobody is asked who they are. As soon as the
/// file is there, everybody is; from then on it does not matter that it goes away or breaks, for what was last read stays.
final class AccessList: RPCAuthenticator {
    private struct State {
        /// nil until the file is there for the first time.
        var tokens: [String: TokenEntry]?
        var certificates: [String: CertificateEntry] = [:]
        var stamp: FileStamp
    }

    static let checkIntervalMs = 1_000

    private let path: String
    private let hasCertificates: Bool
    private let logger: Logger
    private let nowMs: @Sendable () -> Int64
    private let state: Mutex<State>

    /// - Parameter hasCertificates: Clients may show certificates, so that they are asked who they are without a file too.
    /// - Throws: ``ConfigurationError`` when the file is there and cannot be used.
    init(
        path: String, hasCertificates: Bool, logger: Logger,
        nowMs: @escaping @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1_000) }
    ) throws(ConfigurationError) {
        self.path = path
        self.hasCertificates = hasCertificates
        self.logger = logger
        self.nowMs = nowMs
        var first = State(stamp: FileStamp(path: path))
        if first.stamp.exists { Self.take(try AccessFile.load(path: path), into: &first) }
        state = Mutex(first)
    }

    var isRequired: Bool { hasCertificates || state.withLock { $0.tokens != nil } }

    func authenticate(_ request: RPCAuthenticationRequest) throws -> RPCCaller {
        guard isRequired else {
            return RPCCaller(identity: nil, permissions: .all, isStillValid: { [self] in !isRequired })
        }
        if let credentials = request.credentials { return try caller(token: credentials) }
        if let certificate = request.certificate { return try caller(certificate) }
        throw RPCAccessDenied()
    }

    private func caller(token bytes: [UInt8]) throws(RPCAccessDenied) -> RPCCaller {
        guard let token = BearerToken(bytes) else { throw RPCAccessDenied() }
        let entry = state.withLock { $0.tokens?[token.id] }
        // Also for an id that is not known, so that the time tells nothing.
        let isSame = BearerToken.isSame(token.digest, entry.map { [UInt8]($0.secretSHA256) } ?? Self.noDigest)
        guard isSame, let entry, holds(entry) else { throw RPCAccessDenied() }
        return RPCCaller(
            identity: entry.name, permissions: entry.role.permissions(mayReflect: entry.reflection),
            isStillValid: { [self] in holds(entry) })
    }

    private static let noDigest = [UInt8](repeating: 0, count: 32)

    private func holds(_ entry: TokenEntry) -> Bool {
        state.withLock { $0.tokens?[entry.id] } == entry && !entry.isExpired(atMs: nowMs())
    }

    private func caller(_ certificate: RPCPeerCertificate) throws(RPCAccessDenied) -> RPCCaller {
        guard let entry = state.withLock({ $0.certificates[certificate.identity] }) else { throw RPCAccessDenied() }
        let isStillValid: @Sendable () -> Bool = { [self] in
            state.withLock { $0.certificates[certificate.identity] } == entry && nowMs() < certificate.expiresAtMs
        }
        guard isStillValid() else { throw RPCAccessDenied() }
        return RPCCaller(
            identity: entry.identity, permissions: entry.role.permissions(mayReflect: entry.reflection),
            isStillValid: isStillValid)
    }

    // MARK: - The file

    private static func take(_ file: AccessFile, into state: inout State) {
        state.tokens = Dictionary(file.tokens.map { ($0.id, $0) }) { first, _ in first }
        state.certificates = Dictionary(file.certificates.map { ($0.identity, $0) }) { first, _ in first }
    }

    /// Reads the file when it is another than before. One that cannot be used is logged and changes nothing.
    func reloadIfChanged() {
        let stamp = FileStamp(path: path)
        let (isChanged, isNew) = state.withLock { state in
            defer { state.stamp = stamp }
            return (state.stamp != stamp, state.tokens == nil)
        }
        guard isChanged, stamp.exists || !isNew else { return }
        do throws(ConfigurationError) {
            let file = try AccessFile.load(path: path)
            state.withLock { Self.take(file, into: &$0) }
            logger.notice(
                isNew ? "a tokens file is there: callers must say who they are from now on" : "tokens were reloaded",
                metadata: ["tokens": "\(file.tokens.count)", "identities": "\(file.certificates.count)"])
        } catch {
            logger.error(
                "the tokens file was changed but cannot be used; what was last read stays",
                metadata: [
                    "why": "\(error)"
                ])
        }
    }

    /// Looks at the file until the task is cancelled. Reading a small file now and then may block its thread.
    func watch() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(Self.checkIntervalMs)) } catch { return }
            reloadIfChanged()
        }
    }
}
