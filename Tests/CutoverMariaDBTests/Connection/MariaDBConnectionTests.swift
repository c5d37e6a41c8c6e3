import CutoverMariaDB
import CutoverTestSupport
import Testing

@Suite("Connection")
struct MariaDBConnectionTests {
    @Test("runs statements, reads rows, counts warnings, over TCP and a Unix socket")
    func basics() async throws {
        let server = try await MariaDBServer.start()
        for endpoint in [server.endpoint, server.socketEndpoint] {
            let connection = try await MariaDBConnection.connect(endpoint)
            #expect(connection.serverVersion.contains("MariaDB"))
            #expect(try await connection.value("SELECT CONNECTION_ID()") == "\(connection.connectionID)")
            #expect(try await connection.value("SELECT @@session.time_zone") == "+00:00")
            let rows = try await connection.query("SELECT 1 AS a, NULL AS b, '' AS c, 'Zoë' AS d")
            #expect(rows.first?["A"] == "1")
            #expect(rows.first?["b"] == nil)
            #expect(rows.first?["c"] == "")
            #expect(rows.first?["d"] == "Zoë")
            let result = try await connection.execute("DROP TABLE IF EXISTS mysql.nothing")
            #expect(result.warnings == 1)
            await connection.close()
            await #expect(throws: MariaDBError.self) { try await connection.execute("SELECT 1") }
        }
    }

    @Test("errors carry a code and never the statement or its values")
    func redaction() async throws {
        let server = try await MariaDBServer.start()
        try await server.run("CREATE DATABASE d", "CREATE TABLE d.t (a VARCHAR(20) PRIMARY KEY, n TINYINT)")
        let connection = try await server.connect(MariaDBConnectionOptions(sqlMode: MariaDBConnectionOptions.dataMode))
        try await connection.execute("INSERT INTO d.t VALUES ('secret42', 1)")
        for statement in [
            "SELEKT 'secret42'", "INSERT INTO d.t VALUES ('secret42', 1)", "INSERT INTO d.t VALUES ('x', 'secret42')",
        ] {
            do {
                try await connection.execute(statement, as: "insert a row")
                Issue.record("the statement should have failed")
            } catch let error as MariaDBError {
                #expect(error.code == .server)
                #expect(!"\(error)".contains("secret42"))
                #expect("\(error)".contains("insert a row"))
            }
        }
        await connection.close()
    }

    @Test("a result over its limit is refused")
    func limit() async throws {
        let server = try await MariaDBServer.start()
        let connection = try await server.connect()
        do {
            _ = try await connection.query("SELECT table_name FROM information_schema.tables", maxRows: 10)
            Issue.record("the result should have been refused")
        } catch let error as MariaDBError {
            #expect(error.code == .limitExceeded)
        }
        await connection.close()
    }

    @Test("cancelling the task ends a call that would take an hour")
    func cancelTask() async throws {
        let server = try await MariaDBServer.start()
        let connection = try await server.connect(MariaDBConnectionOptions(readTimeoutSeconds: 0))
        let identifier = connection.connectionID
        let call = Task { try await connection.execute("DO SLEEP(3600)") }
        try await Task.sleep(for: .milliseconds(100))
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        await connection.close()
        let outcome = try await ConnectionKiller.kill([identifier, 4_000_000], at: server.endpoint)
        #expect(outcome[4_000_000] == .alreadyGone)
        #expect(
            try await server.value("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'")
                == "0")
    }

    @Test("a frozen server: a connect ends by its timeout, and at once when cancelled")
    func frozenServer() async throws {
        let server = try await MariaDBServer.start()
        server.freeze()
        defer { server.thaw() }
        await #expect(throws: MariaDBError.self) {
            try await MariaDBConnection.connect(
                server.endpoint, options: MariaDBConnectionOptions(connectTimeoutSeconds: 1))
        }
        let attempt = Task {
            try await MariaDBConnection.connect(
                server.endpoint, options: MariaDBConnectionOptions(connectTimeoutSeconds: 3600))
        }
        try await Task.sleep(for: .milliseconds(50))
        attempt.cancel()
        await #expect(throws: CancellationError.self) { try await attempt.value }
    }

    @Test("a killed connection reports that it is lost")
    func killed() async throws {
        let server = try await MariaDBServer.start()
        let connection = try await server.connect()
        let outcome = try await ConnectionKiller.kill([connection.connectionID], at: server.endpoint)
        #expect(outcome[connection.connectionID] == .killed)
        do {
            try await connection.execute("SELECT 1")
            Issue.record("the connection should be gone")
        } catch let error as MariaDBError {
            #expect(error.isConnectionLost)
        }
        await connection.close()
    }

    @Test("the judge replicates a server up to a position")
    func judge() async throws {
        let server = try await MariaDBServer.start()
        let judge = try await NativeReplica.follow(server)
        try await server.run(
            "CREATE DATABASE d", "CREATE TABLE d.t (a INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1),(2)")
        let position = try #require(try await server.value("SELECT @@gtid_binlog_pos"))
        try await server.run("INSERT INTO d.t VALUES (3)")
        try await judge.catchUp(until: position)
        #expect(try await judge.server.value("SELECT COUNT(*) FROM d.t") == "2")
        try await server.restart()
        try await server.crash()
        try await server.startAgain()
        #expect(try await server.value("SELECT COUNT(*) FROM d.t") == "3")
    }
}
