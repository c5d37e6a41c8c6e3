internal import Foundation

/// A token as it is stored: never with its secret.
public struct TokenEntry: Sendable, Hashable, Codable {
    /// Names the token; no secret.
    public let id: String
    /// Who has it: the actor in the audit log.
    public let name: String
    public let role: AccessRole
    public let reflection: Bool
    public let createdAtMs: Int64
    /// When it ends, in milliseconds since 1970; nil for never.
    public let expiresAtMs: Int64?
    /// SHA-256 of the secret; base64 in the file.
    let secretSHA256: Data

    enum CodingKeys: String, CodingKey {
        case id, name, role, reflection
        case createdAtMs = "created_at_ms"
        case expiresAtMs = "expires_at_ms"
        case secretSHA256 = "secret_sha256"
    }

    init(
        _ token: BearerToken, name: String, role: AccessRole, reflection: Bool, createdAtMs: Int64, expiresAtMs: Int64?
    ) {
        id = token.id
        self.name = name
        self.role = role
        self.reflection = reflection
        self.createdAtMs = createdAtMs
        self.expiresAtMs = expiresAtMs
        secretSHA256 = Data(token.digest)
    }

    public func isExpired(atMs nowMs: Int64) -> Bool {
        expiresAtMs.map { $0 <= nowMs } ?? false
    }
}

/// What the holder of a client certificate may do.
public struct CertificateEntry: Sendable, Hashable, Codable {
    /// As the certificate says it: its first URI, else its first DNS name, else its common name. The actor in the audit log.
    public let identity: String
    public let role: AccessRole
    public let reflection: Bool
    public let createdAtMs: Int64

    enum CodingKeys: String, CodingKey {
        case identity, role, reflection
        case createdAtMs = "created_at_ms"
    }
}
