internal import Crypto
import CutoverModel
internal import Foundation
internal import CutoverTasks

/// Seals passwords for the store and opens them for the engine.
///
/// AES-256-GCM with a key of 32 random bytes in a file that only the server's user may read. The sealed form binds the
/// password to its task and end, so that a sealed value copied elsewhere does not open.
struct PasswordVault: Sendable {
    /// What a sealed password begins with in the store.
    static let prefix = "sealed:v1:"
    /// The longest password, in bytes.
    static let maxPasswordBytes = 1024

    private let key: SymmetricKey
    /// Where `password_file` names are looked up; nil refuses them.
    private let secretsDirectory: String?
    private let environment: [String: String]

    init(key: [UInt8], secretsDirectory: String?, environment: [String: String]) {
        self.key = SymmetricKey(data: key)
        self.secretsDirectory = secretsDirectory
        self.environment = environment
    }

    /// The endpoint as it is stored: a password given in the request is sealed, references stay references.
    func seal(_ endpoint: DatabaseEndpoint, taskID: String, role: String) throws -> DatabaseEndpoint {
        var sealed = endpoint
        guard !endpoint.password.isEmpty else { return sealed }
        let box = try AES.GCM.seal(
            Data(endpoint.password.utf8), using: key, authenticating: Data("\(taskID)/\(role)".utf8))
        guard let combined = box.combined else { throw PasswordError.sealing }
        sealed.password = Self.prefix + combined.base64EncodedString()
        return sealed
    }

    /// The endpoint with its password in the clear, for the engine only.
    func open(_ endpoint: DatabaseEndpoint, taskID: String, role: String) throws -> DatabaseEndpoint {
        var opened = endpoint
        if !endpoint.password.isEmpty {
            guard endpoint.password.hasPrefix(Self.prefix),
                let combined = Data(base64Encoded: String(endpoint.password.dropFirst(Self.prefix.count))),
                let box = try? AES.GCM.SealedBox(combined: combined),
                let clear = try? AES.GCM.open(box, using: key, authenticating: Data("\(taskID)/\(role)".utf8))
            else { throw PasswordError.wrongKey }
            opened.password = String(decoding: clear, as: UTF8.self)
        } else if !endpoint.passwordEnv.isEmpty {
            opened.password = try fromEnvironment(endpoint.passwordEnv)
        } else if !endpoint.passwordFile.isEmpty {
            opened.password = try fromFile(endpoint.passwordFile)
        }
        opened.passwordEnv = ""
        opened.passwordFile = ""
        return opened
    }

    /// The endpoint as clients may see it.
    static func redact(_ endpoint: DatabaseEndpoint?) -> DatabaseEndpoint? {
        var redacted = endpoint
        redacted?.password = ""
        return redacted
    }

    private func fromEnvironment(_ name: String) throws -> String {
        guard name.hasPrefix("CUTOVER_PASSWORD_") else { throw PasswordError.environmentName }
        guard let value = environment[name] else { throw PasswordError.environmentMissing(name) }
        return value
    }

    private func fromFile(_ name: String) throws -> String {
        guard let secretsDirectory else { throw PasswordError.noSecretsDirectory }
        guard !name.contains("/"), name != ".", name != "..", !name.isEmpty else { throw PasswordError.fileName }
        let path = secretsDirectory + "/" + name
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: Self.maxPasswordBytes + 2)
        else { throw PasswordError.fileMissing(name) }
        var bytes = data
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        guard bytes.count <= Self.maxPasswordBytes else { throw PasswordError.fileTooLong(name) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why a password could not be had. Never holds the password.
enum PasswordError: Error, CustomStringConvertible {
    case sealing
    case wrongKey
    case environmentName
    case environmentMissing(String)
    case noSecretsDirectory
    case fileName
    case fileMissing(String)
    case fileTooLong(String)

    var description: String {
        switch self {
        case .sealing: "A password could not be encrypted."
        case .wrongKey:
            "A stored password does not open with this key file. Start the server with the key file it was stored with, "
                + "or configure the task again."
        case .environmentName: "password_env must name a variable that begins with CUTOVER_PASSWORD_."
        case .environmentMissing(let name): "The server's environment has no variable \(name)."
        case .noSecretsDirectory:
            "password_file needs a secrets directory: set secrets_directory in the server's configuration."
        case .fileName: "password_file must be a file name without a slash, below the server's secrets directory."
        case .fileMissing(let name): "The secrets directory has no readable file \(name)."
        case .fileTooLong(let name): "The secret file \(name) is longer than \(PasswordVault.maxPasswordBytes) bytes."
        }
    }
}
