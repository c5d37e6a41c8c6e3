import CutoverRPC

extension CutoverClient {
    /// How to speak TLS 1.3 with the server. Its certificate is always verified: authority, dates and name.
    public struct TLS: Sendable, Hashable {
        /// A PEM file with the authorities to trust; nil trusts those of the system.
        public var authorityFile: String?
        /// The name that the server's certificate must have; nil takes the host of the endpoint. A Unix socket needs one.
        public var serverName: String?
        /// A PEM file with this client's own certificate, for a server that knows its callers by them.
        public var certificateFile: String?
        /// A PEM file with the private key of ``certificateFile``.
        public var privateKeyFile: String?

        public init(
            authorityFile: String? = nil, serverName: String? = nil, certificateFile: String? = nil,
            privateKeyFile: String? = nil
        ) {
            self.authorityFile = authorityFile
            self.serverName = serverName
            self.certificateFile = certificateFile
            self.privateKeyFile = privateKeyFile
        }

        var settings: RPCClientTLS {
            var settings = RPCClientTLS()
            settings.authorityFile = authorityFile
            settings.serverName = serverName
            settings.certificateChainFile = certificateFile
            settings.privateKeyFile = privateKeyFile
            return settings
        }
    }
}
