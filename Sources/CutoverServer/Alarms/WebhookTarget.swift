internal import Crypto
internal import Foundation

/// Where alarms are sent, and the secret that they are signed with. Neither may be logged: ``name`` may.
struct WebhookTarget: Sendable, CustomStringConvertible, CustomReflectable {
    /// The shortest and the longest secret, in bytes.
    static let secretBytes = 16...1_024
    /// The longest file of authorities; a system's whole collection has a quarter of a mebibyte.
    static let maxAuthoritiesBytes = 4 << 20

    let url: URL
    let secret: SymmetricKey
    /// A PEM file with the authorities that may have signed for the receiver; empty for those of the system.
    let authoritiesFile: String
    /// Scheme, host and port alone.
    let name: String

    var description: String { name }
    var customMirror: Mirror { Mirror(self, children: ["name": name]) }

    /// - Throws: ``ConfigurationError`` that says which of the settings is wrong, without the address's or the secret's content.
    init(url text: String, secretFile: String, authoritiesFile: String = "") throws(ConfigurationError) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty, parts.fragment == nil,
            let url = parts.url
        else {
            throw ConfigurationError(
                "webhook_url must be an http or https address such as https://alarms.example/cutover.")
        }
        self.url = url
        name = "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
        secret = SymmetricKey(data: try Self.readSecret(secretFile))
        if !authoritiesFile.isEmpty { try Self.checkAuthorities(authoritiesFile, scheme) }
        self.authoritiesFile = authoritiesFile
    }

    /// What would fail each delivery is told at the start.
    private static func checkAuthorities(_ path: String, _ scheme: String) throws(ConfigurationError) {
        guard scheme == "https" else {
            throw ConfigurationError("webhook_ca_file goes with an https address in webhook_url only.")
        }
        guard let handle = FileHandle(forReadingAtPath: path),
            let bytes = try? handle.read(upToCount: maxAuthoritiesBytes + 1)
        else {
            throw ConfigurationError("webhook_ca_file: \(path) cannot be read.")
        }
        guard bytes.count <= maxAuthoritiesBytes, bytes.range(of: Data("-----BEGIN CERTIFICATE-----".utf8)) != nil
        else {
            throw ConfigurationError(
                "webhook_ca_file: \(path) must hold certificates as PEM, in at most \(maxAuthoritiesBytes >> 20) MiB.")
        }
    }

    private static func readSecret(_ path: String) throws(ConfigurationError) -> [UInt8] {
        guard !path.isEmpty else {
            throw ConfigurationError(
                "webhook_secret_file is missing: webhook_url needs a file with a secret that deliveries are signed with."
            )
        }
        var info = stat()
        guard stat(path, &info) == 0, let handle = FileHandle(forReadingAtPath: path),
            var bytes = try? handle.read(upToCount: secretBytes.upperBound + 3)
        else {
            throw ConfigurationError("webhook_secret_file: \(path) cannot be read.")
        }
        guard info.st_mode & 0o077 == 0 else {
            throw ConfigurationError("webhook_secret_file: \(path) is readable by others. Run: chmod 600 \(path)")
        }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        guard secretBytes.contains(bytes.count) else {
            throw ConfigurationError(
                "webhook_secret_file: \(path) must hold \(secretBytes.lowerBound) to \(secretBytes.upperBound) bytes.")
        }
        return [UInt8](bytes)
    }
}
