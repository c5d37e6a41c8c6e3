import CutoverClient
import CutoverTestSupport
import Foundation
import Testing

/// A source, a destination, a `cutoverd`, and a client, for one test.
final class MigrationFixture {
    let source: MariaDBServer
    let destination: MariaDBServer
    let cutoverd: CutoverdProcess
    let client: CutoverClient

    init(binlogBaseName: String = "bin", environment: [String: String] = [:]) async throws {
        source = try await MariaDBServer.start(
            .init(serverID: 11, binlogBaseName: binlogBaseName, options: ["--event-scheduler=ON"]))
        destination = try await MariaDBServer.start(.init(serverID: 12, binlogBaseName: nil))
        cutoverd = try await CutoverdProcess(environment: environment)
        client = try cutoverd.client()
    }

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Real databases for tests, where they are present beside the project.
    static func sample(_ path: String) -> String? {
        let full = repository + "/../shared/samples/" + path
        return FileManager.default.fileExists(atPath: full) ? full : nil
    }

    /// Feeds a script with DELIMITER lines to the source, by the server's own client.
    func load(_ script: String) async throws {
        let output = cutoverd.folder + "/load"
        let child = try ChildProcess.start(
            "/bin/sh",
            ["-c", "exec mariadb --no-defaults -u root -S '\(source.folder)/s' < '\(script)'"], output: output)
        guard try await child.wait(seconds: 120) else { throw TestSupportError("loading \(script) took too long") }
        let said = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard !said.contains("ERROR") else { throw TestSupportError("loading \(script): \(said)") }
    }

    func endpoint(_ server: MariaDBServer) -> DatabaseEndpoint {
        DatabaseEndpoint(host: "127.0.0.1", port: UInt32(server.port), user: "root")
    }

    func spec(_ databases: [String], kind: MigrationKind = .fullAndIncremental) -> TaskSpec {
        TaskSpec(
            source: endpoint(source), destination: endpoint(destination), databases: databases, kind: kind,
            copyConnections: 2)
    }

    /// Creates, configures and starts a task, and waits for its incremental migration.
    func migrate(_ databases: [String]) async throws -> String {
        let task = try await client.createTask(named: "test", spec: spec(databases))
        try await waitFor(task.id, .pendingStart)
        _ = try await client.startTask(task.id)
        try await waitFor(task.id, .incrementalMigration)
        return task.id
    }

    /// Waits for a status; fails at once in a failed one.
    @discardableResult
    func waitFor(_ taskID: String, _ wanted: TaskStatus..., seconds: Int = 120) async throws -> MigrationTask {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var last: MigrationTask?
        while ContinuousClock.now < deadline {
            if let task = try? await client.getTask(taskID) {
                last = task
                if wanted.contains(task.status) { return task }
                let failed: Set<TaskStatus> = [
                    .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .stopFailed, .createFailed,
                ]
                if failed.contains(task.status) || task.configurationFailed { break }
            }
            try await Task.sleep(for: .milliseconds(30))
        }
        let findings =
            last?.preCheck?.findings.filter { $0.severity == .error }.map { "\($0.code) \($0.message)" } ?? []
        throw TestSupportError(
            "waited for \(wanted.map(\.name)), but the task is \(last?.status.name ?? "unknown"): "
                + "\(last?.failure?.code ?? "") \(last?.failure?.message ?? "") \(findings)\n\(cutoverd.log.suffix(3000))"
        )
    }

    /// Stops and waits for the receipt.
    func stop(_ taskID: String, mode: StopMode = .auto, reason: String = "test") async throws -> Receipt {
        _ = try await client.stopTask(taskID, mode: mode, reason: reason)
        return try await receipt(taskID)
    }

    func receipt(_ taskID: String, seconds: Int = 120) async throws -> Receipt {
        try await waitFor(taskID, .stopped, .completed, seconds: seconds)
        return try #require(try await client.getStop(taskID: taskID).receipt)
    }

    /// Compares the destination with a native replica of the source that ends exactly at the position.
    func expectEqual(at position: String, databases: [String], _ location: SourceLocation = #_sourceLocation)
        async throws
    {
        let judge = try await NativeReplica.follow(source)
        try await judge.catchUp(until: position)
        for database in databases {
            let tables = try await judge.server.rows(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = '\(database)' "
                    + "AND table_type = 'BASE TABLE' ORDER BY 1"
            ).compactMap { $0.first ?? nil }
            #expect(!tables.isEmpty, sourceLocation: location)
            for table in tables {
                let name = "`\(database)`.`\(table)`"
                let expected = try await Self.fingerprint(judge.server, name)
                let actual = try await Self.fingerprint(destination, name)
                #expect(expected == actual, "\(name) at \(position)", sourceLocation: location)
            }
        }
        try await judge.server.stop()
    }

    private static func fingerprint(_ server: MariaDBServer, _ table: String) async throws -> [String?] {
        let count = try await server.value("SELECT COUNT(*) FROM \(table)")
        let checksum = try await server.rows("CHECKSUM TABLE \(table)").first?.last ?? nil
        return [count, checksum]
    }

    /// Waits, with a bound, until a query on a server gives this value.
    func expectEventually(
        _ server: MariaDBServer, _ query: String, is wanted: String, seconds: Int = 10,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var last: String?
        while ContinuousClock.now < deadline {
            last = try await server.value(query)
            if last == wanted { return }
            // The server refreshes information_schema.innodb_trx only when nobody has read it for 100 ms.
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(last == wanted, "\(query)", sourceLocation: location)
    }
}

/// Somebody who writes to a server until told to end.
final class SourceWriter {
    private let task: Task<Int, any Error>

    /// Runs the statements that `turn` gives, again and again, each list in one transaction.
    init(_ server: MariaDBServer, _ turn: @escaping @Sendable (Int) -> [String]) {
        task = Task {
            let connection = try await server.connect(.init(sqlMode: nil))
            var turns = 0
            while !Task.isCancelled {
                turns += 1
                try await connection.execute("START TRANSACTION")
                for statement in turn(turns) { try await connection.execute(statement, as: "writer turn \(turns)") }
                try await connection.execute("COMMIT")
            }
            await connection.close()
            return turns
        }
    }

    deinit { task.cancel() }

    /// Ends the writer and gives its turns; throws what it failed with.
    @discardableResult
    func end() async throws -> Int {
        task.cancel()
        do { return try await task.value } catch is CancellationError { return 0 } catch {
            // A statement that was cut off by the cancellation is not a failure of the writer.
            guard "\(error)".contains("ancel") || "\(error)".contains("lost") else { throw error }
            return 0
        }
    }
}
