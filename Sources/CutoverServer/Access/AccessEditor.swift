internal import Foundation

/// Changes the access file for an administrator at the server's machine, while the server runs or not.
///
/// Each change is made under a lock, so that two commands at the same time lose nothing; a running server takes it up within
/// two seconds.
public struct AccessEditor: Sendable {
    private let path: String
    private let nowMs: @Sendable () -> Int64

    public init(_ configuration: ServerConfiguration) {
        self.init(path: configuration.tokensPath, nowMs: { Int64(Date().timeIntervalSince1970 * 1_000) })
    }

    init(path: String, nowMs: @escaping @Sendable () -> Int64) {
        self.path = path
        self.nowMs = nowMs
    }

    /// Makes a token.
    /// - Parameters:
    ///   - name: Who gets it: the actor in the audit log.
    ///   - lifetimeMs: How long it holds; nil is for ever.
    /// - Returns: the token itself, which is stored nowhere, and what is stored of it.
    /// - Throws: ``ConfigurationError`` for a name that cannot be used and a file that cannot be changed.
    public func createToken(
        name: String, role: AccessRole, reflection: Bool, lifetimeMs: Int64?
    ) throws -> (text: String, entry: TokenEntry) {
        try check(name)
        let token = BearerToken.random()
        let now = nowMs()
        let entry = TokenEntry(
            token, name: name, role: role, reflection: reflection, createdAtMs: now,
            expiresAtMs: lifetimeMs.map { now.addingReportingOverflow($0).partialValue })
        try change { file in
            guard file.tokens.count < AccessFile.maxEntries else {
                throw ConfigurationError("There are \(AccessFile.maxEntries) tokens already. Revoke those not in use.")
            }
            file.tokens.append(entry)
        }
        return (token.text, entry)
    }

    /// Takes a token away. A connection that uses it is closed within a few seconds.
    public func revokeToken(id: String) throws {
        try change { file in
            guard let index = file.tokens.firstIndex(where: { $0.id == id }) else {
                throw ConfigurationError(
                    "There is no token with the id \"\(id)\". \"cutoverd token list\" shows the ids; a whole token is not one."
                )
            }
            file.tokens.remove(at: index)
        }
    }

    /// In the order they were made.
    public func tokens() throws -> [TokenEntry] { try read().tokens }

    /// Says what the holder of a client certificate may do, also when something else was said before.
    public func grant(identity: String, role: AccessRole, reflection: Bool) throws {
        try check(identity)
        try change { file in
            file.certificates.removeAll { $0.identity == identity }
            guard file.certificates.count < AccessFile.maxEntries else {
                throw ConfigurationError(
                    "There are \(AccessFile.maxEntries) identities already. Revoke those not in use.")
            }
            file.certificates.append(
                CertificateEntry(identity: identity, role: role, reflection: reflection, createdAtMs: nowMs()))
        }
    }

    /// Takes away what a certificate's holder might do.
    public func revoke(identity: String) throws {
        try change { file in
            guard let index = file.certificates.firstIndex(where: { $0.identity == identity }) else {
                throw ConfigurationError(
                    "There is no identity \"\(identity)\". \"cutoverd identity list\" shows those there are.")
            }
            file.certificates.remove(at: index)
        }
    }

    /// In the order they were made.
    public func identities() throws -> [CertificateEntry] { try read().certificates }

    private func check(_ name: String) throws(ConfigurationError) {
        guard AccessFile.isName(name) else {
            throw ConfigurationError(
                "A name has 1 to \(AccessFile.maxNameBytes) bytes without control characters or blanks around it, and is "
                    + "neither \"cutover\" nor begins with \"anonymous@\": the audit log uses those itself.")
        }
    }

    private func read() throws(ConfigurationError) -> AccessFile {
        FileManager.default.fileExists(atPath: path) ? try AccessFile.load(path: path) : AccessFile()
    }

    private func change(_ body: (inout AccessFile) throws -> Void) throws {
        let folder = (path as NSString).deletingLastPathComponent
        if !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) {
            throw ConfigurationError(
                "The directory \(folder) of the tokens file does not exist. Make it, or give --data-directory.")
        }
        let lock = open("\(path).lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw ConfigurationError("\(path).lock cannot be opened: \(String(cString: strerror(errno))).")
        }
        defer { close(lock) }
        var tries = 0
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            tries += 1
            guard tries < 100 else {
                throw ConfigurationError("Another command is changing \(path). Try again when it has ended.")
            }
            usleep(50_000)
        }
        var file = try read()
        try body(&file)
        try file.save(path: path)
    }
}
