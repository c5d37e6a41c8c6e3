internal import CMariaDB

/// One `MYSQL` handle, used synchronously on its connection's thread.
///
/// Not Sendable on purpose: it is lent to closures by ``MariaDBConnection/withSession(_:)`` and must not leave them.
package final class MariaDBSession {
    /// The library's handle, for calls that have no method here. Never close it.
    let handle: UnsafeMutablePointer<MYSQL>
    private let socket: SocketHandle
    private(set) var isClosed = false

    private init(handle: UnsafeMutablePointer<MYSQL>, socket: SocketHandle) {
        self.handle = handle
        self.socket = socket
    }

    /// Connects; blocks at most for the connect timeout plus the read timeout.
    static func open(
        _ endpoint: MariaDBEndpoint, _ options: MariaDBConnectionOptions, socket: SocketHandle
    ) throws(MariaDBError) -> MariaDBSession {
        guard libraryReady, let handle = mysql_init(nil) else {
            throw MariaDBError(code: .client, message: "out of memory", operation: "connect")
        }
        let session = MariaDBSession(handle: handle, socket: socket)
        do throws(MariaDBError) {
            session.apply(options, tls: endpoint.tls)
            try session.logIn(endpoint, options)
            socket.adopt(Int32(truncatingIfNeeded: mysql_get_socket(handle)))
            try session.setUp(options)
            return session
        } catch {
            session.close()
            throw error
        }
    }

    /// `mysql_init` initialises the library by itself, but not safely from two threads at once.
    private static let libraryReady: Bool = mysql_server_init(0, nil, nil) == 0

    private func apply(_ options: MariaDBConnectionOptions, tls: MariaDBEndpoint.TLS) {
        var seconds = options.connectTimeoutSeconds
        mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds)
        seconds = options.readTimeoutSeconds
        mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &seconds)
        seconds = options.writeTimeoutSeconds
        mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &seconds)
        var localInfile: UInt32 = options.localInfile ? 1 : 0
        mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &localInfile)
        // The server may be asked for values of up to 1 GiB; the library's own default would cut them at 16 MiB.
        var packet: UInt = 1 << 30
        mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet)
        mysql_options(handle, MYSQL_SET_CHARSET_NAME, options.characterSet)
        var yes: my_bool = 1
        var no: my_bool = 0
        switch tls {
        case .disabled:
            mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &no)
        case .required:
            mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes)
            mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no)
        case .verified(let authorityFile):
            mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes)
            mysql_options(handle, MYSQL_OPT_SSL_CA, authorityFile)
            mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes)
        }
    }

    private func logIn(_ endpoint: MariaDBEndpoint, _ options: MariaDBConnectionOptions) throws(MariaDBError) {
        let flags: UInt = options.foundRows ? UInt(CLIENT_FOUND_ROWS) : 0
        let connected =
            switch endpoint.address {
            case .tcp(let host, let port):
                mysql_real_connect(
                    handle, host, endpoint.user, endpoint.password, nil, UInt32(port), nil, flags)
            case .unixSocket(let path):
                mysql_real_connect(
                    handle, "localhost", endpoint.user, endpoint.password, nil, 0, path, flags)
            }
        guard connected != nil else {
            let serverCode = Int(mysql_errno(handle))
            throw MariaDBError(
                code: .connectFailed, serverCode: serverCode, sqlState: text(mysql_sqlstate(handle)),
                message: Self.connectMessage(serverCode), operation: "connect")
        }
    }

    /// The library's own words name the host and the socket path; ours do not.
    private static func connectMessage(_ serverCode: Int) -> String {
        switch serverCode {
        case 1045, 1698: "access denied"
        case 1040: "too many connections at the server"
        case 2002, 2003: "the server cannot be reached"
        case 2005: "the host name is unknown"
        case 2013: "the server did not answer in time"
        case 2026: "no secure connection could be made"
        default: "the login failed"
        }
    }

    private func setUp(_ options: MariaDBConnectionOptions) throws(MariaDBError) {
        var assignments = ["time_zone=\(SQLText.string(options.timeZone))"]
        if let sqlMode = options.sqlMode { assignments.append("sql_mode=\(SQLText.string(sqlMode))") }
        try execute("SET SESSION " + assignments.joined(separator: ", "), as: "set up the session")
        for statement in options.setup { try execute(statement, as: "set up the session") }
    }

    /// The server's number of this connection, for KILL.
    package var connectionID: UInt64 { UInt64(mysql_thread_id(handle)) }
    package var serverVersion: String { mysql_get_server_info(handle).map { String(cString: $0) } ?? "" }

    /// Runs a statement whose rows, if it has any, are thrown away.
    @discardableResult
    package func execute(_ sql: String, as operation: String = "run a statement") throws(MariaDBError)
        -> ExecutionResult
    {
        try send(sql, operation)
        return try discardResult(operation)
    }

    /// Runs a statement that is bytes in the session's own character set, such as the body of a stored object.
    @discardableResult
    package func execute(statement: [UInt8], as operation: String = "run a statement") throws(MariaDBError)
        -> ExecutionResult
    {
        try send(statement, operation)
        return try discardResult(operation)
    }

    private func discardResult(_ operation: String) throws(MariaDBError) -> ExecutionResult {
        if let result = mysql_store_result(handle) {
            mysql_free_result(result)
        } else if mysql_errno(handle) != 0 {
            throw failure(operation)
        }
        let affected = mysql_affected_rows(handle)
        return ExecutionResult(
            affectedRows: affected == UInt64.max ? 0 : affected, warnings: mysql_warning_count(handle),
            lastInsertID: mysql_insert_id(handle))
    }

    /// Runs a query and keeps its rows.
    ///
    /// - Parameter maxBytes: the limit of all values together; a larger result is refused and costs the connection.
    package func query(
        _ sql: String, as operation: String = "run a query", maxRows: Int = 200_000, maxBytes: Int = 64 << 20
    ) throws(MariaDBError) -> [MariaDBRow] {
        var rows: [MariaDBRow] = []
        var bytes = 0
        var columns = MariaDBRow.Columns(names: [])
        do {
            try stream(sql, as: operation, columns: { columns = MariaDBRow.Columns(names: $0) }) { row in
                var values: [[UInt8]?] = []
                values.reserveCapacity(row.count)
                for index in 0..<row.count {
                    let value = row.bytes(index)
                    bytes += value?.count ?? 0
                    values.append(value.map { [UInt8]($0) })
                }
                guard rows.count < maxRows, bytes <= maxBytes else {
                    throw MariaDBError(
                        code: .limitExceeded, message: "the result is larger than \(maxRows) rows or \(maxBytes) bytes",
                        operation: operation)
                }
                rows.append(MariaDBRow(columns: columns, values: values))
            }
        } catch let error as MariaDBError {
            throw error
        } catch {
            throw MariaDBError(code: .client, message: "unexpected failure", operation: operation)
        }
        return rows
    }

    /// Runs a query and hands over its rows one by one as they arrive (`mysql_use_result`): memory stays flat.
    ///
    /// If `onRow` throws, the connection is shut down: to skip the rest of a large result would take as long as to
    /// read it.
    package func stream(
        _ sql: String, as operation: String = "run a query", columns: ([String]) -> Void = { _ in },
        _ onRow: (borrowing MariaDBRawRow) throws -> Void
    ) throws {
        try send(sql, operation)
        guard let result = mysql_use_result(handle) else {
            if mysql_errno(handle) != 0 { throw failure(operation) }
            return
        }
        defer { mysql_free_result(result) }
        let count = Int(mysql_num_fields(result))
        columns(names(of: result, count: count))
        while let row = mysql_fetch_row(result) {
            guard let lengths = mysql_fetch_lengths(result) else { throw failure(operation) }
            do {
                try onRow(MariaDBRawRow(row: row, lengths: lengths, count: count))
            } catch {
                socket.shutDown()
                throw error
            }
        }
        if mysql_errno(handle) != 0 { throw failure(operation) }
    }

    private func names(of result: UnsafeMutablePointer<MYSQL_RES>, count: Int) -> [String] {
        guard let fields = mysql_fetch_fields(result) else { return [] }
        return (0..<count).map { index in fields[index].name.map { String(cString: $0) } ?? "" }
    }

    /// Sends a statement and reads the head of its answer.
    func send(_ sql: String, _ operation: String) throws(MariaDBError) {
        try send([UInt8](sql.utf8), operation)
    }

    private func send(_ statement: [UInt8], _ operation: String) throws(MariaDBError) {
        guard !isClosed else {
            throw MariaDBError(code: .closed, message: "the connection is closed", operation: operation)
        }
        let status = statement.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { mysql_real_query(handle, $0.baseAddress, UInt($0.count)) }
        }
        if status != 0 { throw failure(operation) }
    }

    /// The handle's last error, in our terms; a lost connection is shut down so that the server sees it too.
    func failure(_ operation: String) -> MariaDBError {
        let serverCode = Int(mysql_errno(handle))
        let error = MariaDBError(
            code: MariaDBError.classify(serverCode), serverCode: serverCode, sqlState: text(mysql_sqlstate(handle)),
            message: MariaDBError.redacted(text(mysql_error(handle)), serverCode: serverCode), operation: operation)
        if error.isConnectionLost { socket.shutDown() }
        return error
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String {
        pointer.map { String(cString: $0) } ?? ""
    }

    /// Ends the session; later calls throw ``MariaDBError/Code/closed``.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        mysql_close(handle)
        socket.release()
    }
}
