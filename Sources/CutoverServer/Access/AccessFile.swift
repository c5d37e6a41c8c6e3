internal import Foundation

/// What the access file holds: who may connect with a token, and which client certificates may do what.
struct AccessFile: Sendable, Hashable, Codable {
    /// The only version there is.
    static let version = 1
    static let maxBytes = 8 << 20
    /// Tokens, and certificates.
    static let maxEntries = 10_000
    /// The longest name of a token or identity of a certificate, in bytes.
    static let maxNameBytes = 256

    var version = AccessFile.version
    var tokens: [TokenEntry] = []
    var certificates: [CertificateEntry] = []

    /// Reads a file that is there.
    /// - Throws: ``ConfigurationError`` when others may read it, or when it is not what this version writes.
    static func load(path: String) throws(ConfigurationError) -> AccessFile {
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw ConfigurationError("The tokens file \(path) cannot be read: \(String(cString: strerror(errno))).")
        }
        guard info.st_mode & 0o077 == 0 else {
            throw ConfigurationError("The tokens file \(path) is readable by others. Run: chmod 600 \(path)")
        }
        guard info.st_size <= maxBytes, let data = FileManager.default.contents(atPath: path), data.count <= maxBytes
        else {
            throw ConfigurationError("The tokens file \(path) cannot be read, or is larger than \(maxBytes >> 20) MiB.")
        }
        guard let file = try? JSONDecoder().decode(AccessFile.self, from: data) else {
            throw ConfigurationError(
                "The tokens file \(path) is not one that \"cutoverd token\" writes. Restore it, or make it anew.")
        }
        if let problem = file.problem { throw ConfigurationError("The tokens file \(path): \(problem).") }
        return file
    }

    private var problem: String? {
        guard version == Self.version else { return "version \(version) is not known to this cutoverd" }
        guard tokens.count <= Self.maxEntries, certificates.count <= Self.maxEntries else {
            return "there are more than \(Self.maxEntries) entries"
        }
        guard Set(tokens.map(\.id)).count == tokens.count else { return "a token is there twice" }
        guard Set(certificates.map(\.identity)).count == certificates.count else { return "an identity is there twice" }
        for token in tokens where !BearerToken.isID(token.id) || token.secretSHA256.count != 32 {
            return "a token is broken"
        }
        for name in tokens.map(\.name) + certificates.map(\.identity) where !Self.isName(name) {
            return "a name is empty, too long, reserved, or has control characters"
        }
        return nil
    }

    /// Whether the audit log may show it as an actor: names that the server gives itself or to strangers are taken.
    static func isName(_ name: String) -> Bool {
        (1...maxNameBytes).contains(name.utf8.count) && name != "cutover" && !name.hasPrefix("anonymous@")
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
                default: true
                }
            } && name.first?.isWhitespace == false && name.last?.isWhitespace == false
    }

    /// Writes the file whole, or leaves the old one; mode 600, and its owner is that of the old one or of its folder.
    func save(path: String) throws(ConfigurationError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            throw ConfigurationError("The tokens file \(path) cannot be encoded.")
        }
        let folder = (path as NSString).deletingLastPathComponent
        let new = "\(path).\(getpid()).new"
        unlink(new)
        let descriptor = open(new, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        Self.keepOwner(of: [path, folder.isEmpty ? "." : folder], on: descriptor)
        guard Self.write(data, to: descriptor), fsync(descriptor) == 0, rename(new, path) == 0 else {
            let failure = Self.failure(path)
            unlink(new)
            throw failure
        }
        let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    private static func write(_ data: Data, to descriptor: Int32) -> Bool {
        var rest = data[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// What root writes must stay readable for the server's user.
    private static func keepOwner(of paths: [String], on descriptor: Int32) {
        guard geteuid() == 0 else { return }
        for path in paths {
            var info = stat()
            guard stat(path, &info) == 0 else { continue }
            _ = fchown(descriptor, info.st_uid, info.st_gid)
            return
        }
    }

    private static func failure(_ path: String) -> ConfigurationError {
        ConfigurationError("The tokens file \(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
