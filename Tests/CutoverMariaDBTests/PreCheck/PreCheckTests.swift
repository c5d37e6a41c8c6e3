import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@testable import CutoverMariaDB

@Suite(.serialized) struct PreCheckTests {
    private static func endpoint(_ server: MariaDBServer, user: String = "root", password: String = "")
        -> DatabaseEndpoint
    {
        DatabaseEndpoint(host: "127.0.0.1", port: UInt32(server.port), user: user, password: password)
    }

    private static func check(
        _ source: DatabaseEndpoint, _ destination: DatabaseEndpoint, _ databases: [String] = ["app"]
    ) async throws -> PreCheckReport {
        try await MariaDBReplicator().preCheck(
            ReplicationJob(taskID: "t", source: source, destination: destination, databases: databases))
    }

    /// "CODE object" of each finding of a severity.
    private static func found(_ report: PreCheckReport, _ severity: FindingSeverity) -> Set<String> {
        Set(report.findings.filter { $0.severity == severity }.map { "\($0.code) \($0.object)" })
    }

    @Test func aSoundPairHasNoErrors() async throws {
        let source = try await MariaDBServer.start(.init(serverID: 21))
        let destination = try await MariaDBServer.start(.init(serverID: 22, options: ["--event-scheduler=ON"]))
        try await source.run(
            "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY)", "INSERT INTO app.t VALUES (1), (2)",
            "CREATE TRIGGER app.tr BEFORE INSERT ON app.t FOR EACH ROW SET @a = 1",
            "CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY DO SET @a = 1")
        let report = try await Self.check(Self.endpoint(source), Self.endpoint(destination))
        #expect(Self.found(report, .error).isEmpty, "\(report.findings)")
        #expect(report.tables == 1 && report.triggers == 1 && report.events == 1)
        #expect(report.sourceVersion.contains("MariaDB") && report.destinationVersion.contains("MariaDB"))
    }

    @Test func everySourceFaultIsNamed() async throws {
        let source = try await MariaDBServer.start(
            .init(
                serverID: 23,
                options: [
                    "--binlog-row-image=MINIMAL", "--log-bin-compress=ON", "--expire-logs-days=0",
                    "--binlog-expire-logs-seconds=600", "--lower-case-table-names=0",
                ]))
        let destination = try await MariaDBServer.start(
            .init(serverID: 24, options: ["--local-infile=OFF", "--read-only=ON"]))
        try await source.run(
            "SET GLOBAL binlog_format='MIXED'", "CREATE DATABASE app",
            "CREATE TABLE app.packed (id INT PRIMARY KEY, note TEXT COMPRESSED)",
            "CREATE TABLE app.versioned (id INT PRIMARY KEY) WITH SYSTEM VERSIONING",
            "CREATE TABLE app.aria (id INT) ENGINE=Aria", "CREATE TABLE app.keyless (id INT)",
            "CREATE TABLE app.clash (id INT PRIMARY KEY)", "SET GLOBAL mysql56_temporal_format=OFF",
            "CREATE TABLE app.old (id INT PRIMARY KEY, at DATETIME(3), plain DATETIME)",
            "SET GLOBAL mysql56_temporal_format=ON",
            "CREATE DEFINER=ghost@localhost TRIGGER app.tr BEFORE INSERT ON app.clash FOR EACH ROW SET @a = 1",
            "CREATE EVENT app.ev ON SCHEDULE EVERY 1 DAY DO SET @a = 1")
        try await destination.run("CREATE DATABASE app", "CREATE TABLE app.clash (id INT)")
        let report = try await Self.check(
            Self.endpoint(source), Self.endpoint(destination), ["app", "nowhere"])
        let errors = Self.found(report, .error)
        for expected in [
            "BINLOG_FORMAT_NOT_ROW source", "BINLOG_ROW_IMAGE_NOT_FULL source", "BINLOG_COMPRESSED source",
            "COLUMN_COMPRESSED app.packed.note", "COLUMN_TYPE_UNSUPPORTED app.old.at", "SYSTEM_VERSIONED app.versioned",
            "DATABASE_MISSING nowhere",
            "DESTINATION_CLASH app.clash", "LOCAL_INFILE_OFF destination", "DESTINATION_READ_ONLY destination",
        ] {
            #expect(errors.contains(expected), "\(expected) in \(errors)")
        }
        let warnings = Self.found(report, .warning)
        for expected in [
            "BINLOG_RETENTION_SHORT source", "NOT_TRANSACTIONAL app.aria", "DEFINER_MISSING ghost@localhost",
            "EVENT_SCHEDULER_OFF destination",
        ] {
            #expect(warnings.contains(expected), "\(expected) in \(warnings)")
        }
        #expect(Self.found(report, .note).contains("NO_KEY app.keyless"))
        #expect(report.findings.filter { $0.severity == .error }.allSatisfy { !$0.advice.isEmpty })
    }

    @Test func missingPrivilegesAreNamedForEachKind() async throws {
        let source = try await MariaDBServer.start(.init(serverID: 25))
        let destination = try await MariaDBServer.start(.init(serverID: 26))
        try await source.run(
            "CREATE DATABASE app", "CREATE TABLE app.t (id INT PRIMARY KEY)",
            "CREATE USER low@'127.0.0.1' IDENTIFIED BY 'p'",
            "GRANT SELECT ON app.* TO low@'127.0.0.1'")
        try await destination.run(
            "CREATE USER low@'127.0.0.1' IDENTIFIED BY 'p'", "GRANT SELECT ON app.* TO low@'127.0.0.1'")
        let report = try await Self.check(
            Self.endpoint(source, user: "low", password: "p"), Self.endpoint(destination, user: "low", password: "p"))
        let said = report.findings.filter { $0.code == "PRIVILEGE_MISSING" }.map(\.message).joined(separator: "\n")
        for privilege in [
            "REPLICATION SLAVE", "BINLOG MONITOR", "RELOAD", "SHOW VIEW", "TRIGGER", "EVENT", "INSERT", "CREATE",
        ] {
            #expect(said.contains(privilege), "\(privilege) in \(said)")
        }
        #expect(!said.contains("password") && !said.contains("'p'"))
    }

    @Test func unreachableEndsAndOneServerForBoth() async throws {
        let server = try await MariaDBServer.start(.init(serverID: 27))
        try await server.run("CREATE DATABASE app")
        let nowhere = DatabaseEndpoint(host: "127.0.0.1", port: 1, user: "root")
        let lost = try await Self.check(nowhere, nowhere)
        #expect(Self.found(lost, .error) == ["SOURCE_UNREACHABLE source", "DESTINATION_UNREACHABLE destination"])
        let wrong = try await Self.check(
            Self.endpoint(server, user: "root", password: "wrong"), Self.endpoint(server))
        #expect(Self.found(wrong, .error).contains("SOURCE_UNREACHABLE source"))
        let same = try await Self.check(Self.endpoint(server), Self.endpoint(server))
        #expect(Self.found(same, .error).contains("SAME_SERVER destination"))
    }

    @Test func withoutABinaryLogThereIsNothingToFollow() async throws {
        let source = try await MariaDBServer.start(.init(serverID: 28, binlogBaseName: nil))
        let destination = try await MariaDBServer.start(.init(serverID: 29))
        try await source.run("CREATE DATABASE app")
        let report = try await Self.check(Self.endpoint(source), Self.endpoint(destination))
        #expect(Self.found(report, .error).contains("BINLOG_OFF source"))
    }

    @Test(arguments: [
        ("shop", "shop", true), ("shop", "sh%", true), ("shop", "%", true), ("shop", "s_op", true),
        ("shop", "sh", false),
        ("my_db", "my\\_db", true), ("myxdb", "my\\_db", false), ("a%", "a\\%", true), ("ab", "a\\%", false),
        ("", "%", true),
    ])
    func grantPatterns(name: String, pattern: String, matches: Bool) {
        #expect(AccountPrivileges.matches(name, pattern: pattern) == matches)
    }
}
