/// A failure of a MariaDB call.
///
/// It never holds SQL text, row values, an address or a password: server messages that quote those are cut
/// (``redacted(_:serverCode:)``).
package struct MariaDBError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is; new kinds may come.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case server, client, connectionLost, connectFailed, closed, limitExceeded, fenced }
        private let kind: Kind
        package var description: String { kind.rawValue }

        /// The server answered with an error.
        package static let server = Code(kind: .server)
        /// The client library or the system refused.
        package static let client = Code(kind: .client)
        /// The connection broke or was killed.
        package static let connectionLost = Code(kind: .connectionLost)
        /// No connection could be opened.
        package static let connectFailed = Code(kind: .connectFailed)
        /// The connection had been closed by us.
        package static let closed = Code(kind: .closed)
        /// A result was larger than the caller allowed.
        package static let limitExceeded = Code(kind: .limitExceeded)
        /// A newer owner took the destination over.
        package static let fenced = Code(kind: .fenced)
    }

    package var code: Code
    /// `mysql_errno`: below 2000 and above 2999 the server's, between them the client library's; 0 if neither spoke.
    package var serverCode: Int
    package var sqlState: String
    package var message: String
    /// What was being done, in words.
    package var operation: String

    package init(code: Code, serverCode: Int = 0, sqlState: String = "HY000", message: String, operation: String) {
        self.code = code
        self.serverCode = serverCode
        self.sqlState = sqlState
        self.message = message
        self.operation = operation
    }

    package var description: String {
        serverCode == 0
            ? "\(operation): \(message)" : "\(operation): \(message) (error \(serverCode), SQL state \(sqlState))"
    }

    /// The connection is gone; a new one may succeed.
    package var isConnectionLost: Bool { code == .connectionLost || code == .closed }
    /// No connection could be opened, or it broke.
    package var isUnreachable: Bool {
        isConnectionLost || (code == .connectFailed && (2000..<3000).contains(serverCode))
    }
    /// A lock was not granted in time (1205) or a deadlock was resolved against us (1213).
    package var isLockWait: Bool { serverCode == 1205 || serverCode == 1213 }
    /// The account may not do this: 1044, 1045, 1142, 1143, 1227, 1370.
    package var isPrivilege: Bool { [1044, 1045, 1142, 1143, 1227, 1370, 1410, 1698].contains(serverCode) }
    /// The object is already there: database, table, view, routine, trigger, event.
    package var isAlreadyThere: Bool { [1007, 1050, 1304, 1359, 1537].contains(serverCode) }
    /// The object is not there.
    package var isMissingObject: Bool { [1049, 1051, 1146, 1305, 1360, 1539].contains(serverCode) }
    /// A newer owner took the destination over; nothing more may be written.
    package var isFenced: Bool { code == .fenced }

    /// Codes of `mysql_errno` that mean that the connection is gone.
    static func classify(_ serverCode: Int) -> Code {
        switch serverCode {
        case 2006, 2013, 2055, 2026, 1927, 1053, 1159, 1161, 4031: .connectionLost
        case 2000..<3000, 5000..<6000: .client
        default: .server
        }
    }

    /// Cuts what a server message quotes of statements and values.
    ///
    /// Names of objects stay, because advice needs them. Codes: the MariaDB manual's "MariaDB Error Codes".
    package static func redacted(_ message: String, serverCode: Int) -> String {
        switch serverCode {
        case 1064, 1149: return "the server could not parse the statement"
        case 1062, 1586, 1761:
            guard let range = message.range(ofLast: " for key ") else { return "duplicate entry" }
            return "duplicate entry for key \(message[range.upperBound...])"
        case 1265, 1292, 1366, 1411, 1525, 1690, 1367, 1416, 4078, 1918, 1977:
            guard let range = message.range(ofLast: " for column ") else { return "a value does not fit its column" }
            return "a value does not fit column\(message[range.upperBound...].prefixed(" "))"
        case 1304...1339, 1054, 1060, 1146: return message
        default: return message.count > 512 ? String(message.prefix(512)) : message
        }
    }
}

extension String {
    fileprivate func range(ofLast needle: String) -> Range<String.Index>? {
        var found: Range<String.Index>?
        var start = startIndex
        while let range = self[start...].firstRange(of: needle) {
            found = range
            start = range.upperBound
        }
        return found
    }
}

extension Substring {
    fileprivate func prefixed(_ prefix: String) -> String { prefix + self }
}
