internal import CutoverRPC

/// What can be set about TLS and about who may connect.
public struct SecurityConfiguration: Sendable, Hashable {
    /// The server's certificate, and those between it and its authority, as PEM; empty for plaintext.
    public var certificateFile = ""
    /// The private key of the certificate, as PEM.
    public var keyFile = ""
    /// The authorities that sign clients' certificates, as PEM; empty asks clients for none.
    public var clientAuthorityFile = ""
    /// `required` or `optional`.
    public var clientCertificates = "required"
    /// Tokens and identities; empty means `<data_directory>/tokens.json`.
    public var tokensFile = ""
    /// Serve plaintext on any address.
    public var allowsPlaintextAnywhere = false
    /// Serve callers whom nobody asks who they are on any address.
    public var allowsAnonymousAnywhere = false

    public init() {}

    /// nil for plaintext.
    func tls() throws(ConfigurationError) -> RPCServerTLS? {
        guard certificateFile.isEmpty == keyFile.isEmpty else {
            throw ConfigurationError("tls_certificate_file and tls_key_file go together: set both, or neither.")
        }
        guard !certificateFile.isEmpty else {
            guard clientAuthorityFile.isEmpty else {
                throw ConfigurationError("tls_client_ca_file is set, but tls_certificate_file is not.")
            }
            return nil
        }
        var tls = RPCServerTLS(
            certificateChainFile: certificateFile, privateKeyFile: keyFile,
            clientAuthorityFile: clientAuthorityFile.isEmpty ? nil : clientAuthorityFile)
        tls.clientCertificates = clientCertificates == "optional" ? .optional : .required
        return tls
    }
}

extension ServerConfiguration {
    static let securitySettings: [Setting] = [
        text("tls_certificate_file", \.security.certificateFile), text("tls_key_file", \.security.keyFile),
        text("tls_client_ca_file", \.security.clientAuthorityFile),
        choice("tls_client_certificates", \.security.clientCertificates, ["required", "optional"]),
        text("tokens_file", \.security.tokensFile),
        yesOrNo("allow_plaintext_anywhere", \.security.allowsPlaintextAnywhere),
        yesOrNo("allow_anonymous_anywhere", \.security.allowsAnonymousAnywhere),
    ]

    public var tokensPath: String { security.tokensFile.isEmpty ? dataDirectory + "/tokens.json" : security.tokensFile }
}
