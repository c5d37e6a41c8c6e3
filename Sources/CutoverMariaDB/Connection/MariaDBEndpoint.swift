/// Where a MariaDB server listens, and as whom to log in.
///
/// `description` never shows the password.
package struct MariaDBEndpoint: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// How the server is reached.
    package enum Address: Sendable, Hashable {
        case tcp(host: String, port: UInt16)
        case unixSocket(path: String)
    }

    /// Transport security of a TCP connection.
    package enum TLS: Sendable, Hashable {
        /// No encryption.
        case disabled
        /// Encryption without a check of who answers.
        case required
        /// Encryption, and the server's certificate must be signed by this authority and carry the host's name.
        case verified(authorityFile: String)
    }

    package var address: Address
    package var user: String
    package var password: String
    package var tls: TLS

    package init(address: Address, user: String, password: String = "", tls: TLS = .disabled) {
        self.address = address
        self.user = user
        self.password = password
        self.tls = tls
    }

    package var description: String {
        switch address {
        case .tcp(let host, let port): "\(user)@\(host):\(port)"
        case .unixSocket(let path): "\(user)@\(path)"
        }
    }

    package var debugDescription: String { description }
}

/// What a connection is opened with.
package struct MariaDBConnectionOptions: Sendable, Hashable {
    /// Character set of statements and results: `utf8mb4` for names and definitions, `binary` for row data.
    package var characterSet: String
    /// Session `sql_mode`; nil leaves the server's.
    package var sqlMode: String?
    /// Session `time_zone`; TIMESTAMP values pass as UTC by default.
    package var timeZone: String
    /// UPDATE reports rows found instead of rows changed.
    package var foundRows: Bool
    /// LOAD DATA LOCAL may be used; rows come from memory only, never from a file of this machine.
    package var localInfile: Bool
    package var connectTimeoutSeconds: UInt32
    /// Longest silence of the server within one call; 0 = no limit.
    package var readTimeoutSeconds: UInt32
    package var writeTimeoutSeconds: UInt32
    /// SET statements run right after the login, without a trailing semicolon.
    package var setup: [String]

    /// The mode for row data: values pass as they are, whatever the tables' own mode was.
    package static let dataMode = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,STRICT_TRANS_TABLES"

    package init(
        characterSet: String = "utf8mb4", sqlMode: String? = "", timeZone: String = "+00:00", foundRows: Bool = true,
        localInfile: Bool = false, connectTimeoutSeconds: UInt32 = 5, readTimeoutSeconds: UInt32 = 60,
        writeTimeoutSeconds: UInt32 = 60, setup: [String] = []
    ) {
        self.characterSet = characterSet
        self.sqlMode = sqlMode
        self.timeZone = timeZone
        self.foundRows = foundRows
        self.localInfile = localInfile
        self.connectTimeoutSeconds = connectTimeoutSeconds
        self.readTimeoutSeconds = readTimeoutSeconds
        self.writeTimeoutSeconds = writeTimeoutSeconds
        self.setup = setup
    }
}
