/// How a client speaks TLS 1.3 with its server, which it always verifies: the certificate's authority, dates and name.
///
/// The files are looked at before each new connection, so that a changed certificate is taken without a restart.
public struct RPCClientTLS: Sendable, Hashable {
    /// A PEM file with the authorities to trust; nil trusts those of the system.
    public var authorityFile: String?
    /// The name the server's certificate must have. nil takes the host of the endpoint; a Unix socket needs one here.
    public var serverName: String?
    /// A PEM file with this client's own certificate, and those between it and its authority; nil shows none.
    public var certificateChainFile: String?
    /// A PEM file with the private key of ``certificateChainFile``.
    public var privateKeyFile: String?

    public init() {}

    var files: [String] { [authorityFile, certificateChainFile, privateKeyFile].compactMap(\.self) }
}
