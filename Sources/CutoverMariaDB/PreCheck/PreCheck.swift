internal import CutoverModel
internal import CutoverTasks

/// Examines both ends of a task before anything is changed, and names what is wrong.
struct PreCheck: Sendable {
    let source: MariaDBEndpoint
    let destination: MariaDBEndpoint
    let job: ReplicationJob

    func run() async throws -> PreCheckReport {
        var findings = FindingList()
        var report = PreCheckReport()
        let sourceConnection = try await connect(source, "source", "SOURCE_UNREACHABLE", &findings)
        let destinationConnection = try await connect(
            destination, "destination", "DESTINATION_UNREACHABLE", &findings)
        do {
            var facts: SourceFacts?
            if let sourceConnection {
                report.sourceVersion = sourceConnection.serverVersion
                facts = try await SourceChecks(connection: sourceConnection, job: job).run(&findings)
            }
            if let destinationConnection {
                report.destinationVersion = destinationConnection.serverVersion
                let checks = DestinationChecks(connection: destinationConnection, job: job)
                try await checks.run(facts, &findings)
            }
            if let facts {
                report.tables = facts.tables
                report.rows = facts.rows
                report.bytes = facts.bytes
                report.triggers = facts.triggers
                report.events = facts.events
            }
        } catch let error as MariaDBError {
            findings.error(
                "CHECK_FAILED", "", "The pre-check could not \(error.operation): \(error.message)",
                "Give the accounts the privileges that the documentation lists, and configure the task again.")
        }
        await sourceConnection?.close()
        await destinationConnection?.close()
        report.findings = findings.findings
        report.truncated = findings.isTruncated
        return report
    }

    private func connect(
        _ endpoint: MariaDBEndpoint, _ name: String, _ code: String, _ findings: inout FindingList
    ) async throws -> MariaDBConnection? {
        do {
            let connection = try await MariaDBConnection.connect(endpoint)
            guard connection.serverVersion.contains("MariaDB") else {
                findings.error(
                    "NOT_MARIADB", name, "The \(name) is not a MariaDB server (\(connection.serverVersion)).",
                    "Cutover reads MariaDB's binary log and GTIDs; use MariaDB 10.6 or newer.")
                await connection.close()
                return nil
            }
            return connection
        } catch let error as MariaDBError {
            findings.error(
                code, name, "The \(name) cannot be used: \(error.message).",
                "Check its address, that it runs, and the account's name and password.")
            return nil
        }
    }
}

/// What the checks of the destination need to know of the source.
struct SourceFacts: Sendable {
    var tables: UInt64 = 0
    var rows: UInt64 = 0
    var bytes: UInt64 = 0
    var triggers: UInt64 = 0
    var events: UInt64 = 0
    /// As `database.table`.
    var tableNames: [String] = []
    var databases: [String] = []
    var definers: Set<String> = []
    var collations: Set<String> = []
    var timeZones: Set<String> = []
    var lowerCaseTableNames = ""
    var maxAllowedPacket: UInt64 = 0
    /// Tells one server from another.
    var identity = ""

    static let identityQuery = "SELECT CONCAT_WS('|', @@hostname, @@port, @@datadir, @@server_id, @@pid_file)"
}
