internal import NIOCore
internal import NIOSSL

/// Why certificates cannot be used; names the file and says what to do.
struct TLSFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Reads PEM files. Blocks, so not for an event loop.
enum TLSFiles {
    static func certificates(_ path: String) throws(TLSFileError) -> [NIOSSLCertificate] {
        let found: [NIOSSLCertificate]
        do {
            found = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw TLSFileError("\(path) cannot be read as PEM certificates")
        }
        guard !found.isEmpty else { throw TLSFileError("\(path) holds no PEM certificate") }
        return found
    }

    static func privateKey(_ path: String) throws(TLSFileError) -> NIOSSLPrivateKey {
        let mode = FileStamp(path: path).mode
        if let mode, mode & 0o007 != 0 {
            throw TLSFileError("the private key \(path) is open to everybody; run: chmod 600 \(path)")
        }
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem)
        } catch {
            throw TLSFileError("\(path) cannot be read as a PEM private key without a passphrase")
        }
    }

    /// Puts a certificate and its key into `configuration`.
    static func identify(
        _ configuration: inout TLSConfiguration, chainFile: String, keyFile: String
    ) throws(TLSFileError) {
        configuration.certificateChain = try certificates(chainFile).map { .certificate($0) }
        configuration.privateKey = .privateKey(try privateKey(keyFile))
    }

    /// What both sides hold to.
    static func settle(_ configuration: inout TLSConfiguration) {
        configuration.minimumTLSVersion = .tlsv13
        configuration.maximumTLSVersion = .tlsv13
        configuration.applicationProtocols = [TLSProtocol.name]
        configuration.shutdownTimeout = TLSProtocol.shutdownTimeout
    }

    static func context(_ configuration: TLSConfiguration, certificateFile: String?) throws(TLSFileError)
        -> NIOSSLContext
    {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            guard let certificateFile else { throw TLSFileError("the trusted authorities cannot be used") }
            throw TLSFileError("the certificate \(certificateFile) and its private key do not fit each other")
        }
    }
}

/// What both sides agree on.
enum TLSProtocol {
    /// The application protocol (ALPN) of version 1.
    static let name = "cutover/1"
    /// How long the peer's farewell is waited for.
    static let shutdownTimeout = TimeAmount.seconds(1)
}
