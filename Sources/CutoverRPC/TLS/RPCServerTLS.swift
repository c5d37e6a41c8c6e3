/// Certificates with which a server speaks TLS.
///
/// TLS 1.3 from the first byte, and the application protocol `cutover/1` on both sides (PROTOCOL.md, "Connection"). The
/// files are looked at every ``checkIntervalMs``: connections made after a change take the new certificates. Files that
/// cannot be used are logged and change nothing.
public struct RPCServerTLS: Sendable, Hashable {
    /// Whether clients show a certificate.
    public enum ClientCertificates: Sendable, Hashable {
        /// A client without one is let in, and known by its token or not at all.
        case optional
        /// A client without one is refused in the handshake.
        case required
    }

    /// A PEM file with the server's certificate and those between it and its authority.
    public var certificateChainFile: String
    /// A PEM file with the certificate's private key; not readable by everybody.
    public var privateKeyFile: String
    /// A PEM file with the authorities that sign clients' certificates; nil asks clients for none.
    public var clientAuthorityFile: String?
    /// Whether clients must show one, where ``clientAuthorityFile`` is set.
    public var clientCertificates = ClientCertificates.required
    /// How often the files are looked at, in milliseconds; 100 at least.
    public var checkIntervalMs: UInt32 = 2_000

    public init(certificateChainFile: String, privateKeyFile: String, clientAuthorityFile: String? = nil) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.clientAuthorityFile = clientAuthorityFile
    }

    var files: [String] { [certificateChainFile, privateKeyFile] + [clientAuthorityFile].compactMap(\.self) }
}
