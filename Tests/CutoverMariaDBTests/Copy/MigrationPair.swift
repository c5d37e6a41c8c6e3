import CutoverMariaDB
import CutoverModel
import CutoverTasks
import CutoverTestSupport

/// A source and a destination, and workers between them.
struct MigrationPair {
    let source: MariaDBServer
    let destination: MariaDBServer

    static func start(sourceOptions: [String] = [], destinationOptions: [String] = []) async throws -> MigrationPair {
        async let source = MariaDBServer.start(.init(serverID: 1, options: sourceOptions))
        async let destination = MariaDBServer.start(.init(serverID: 2, options: destinationOptions))
        return try await MigrationPair(source: source, destination: destination)
    }

    func job(
        _ databases: [String], excluding excluded: Set<String> = [], task: String = "t1", connections: Int = 3,
        chunkBytes: Int = 64 << 10, sourceUser: String = "root"
    ) -> ReplicationJob {
        ReplicationJob(
            taskID: task,
            source: DatabaseEndpoint(host: "127.0.0.1", port: UInt32(source.port), user: sourceUser),
            destination: DatabaseEndpoint(host: "127.0.0.1", port: UInt32(destination.port), user: "root"),
            databases: databases, excludedTables: excluded, copyConnections: connections, chunkBytes: chunkBytes)
    }

    static let replicator = MariaDBReplicator()

    func worker(_ job: ReplicationJob, epoch: UInt64 = 1) -> any ReplicationWorker {
        Self.replicator.makeWorker(job, epoch: epoch)
    }

    /// Checksum of each table of a database, by name.
    static func checksums(_ server: MariaDBServer, _ database: String) async throws -> [String: String] {
        let tables = try await server.rows(
            """
            SELECT table_name FROM information_schema.tables WHERE table_schema='\(database)' \
            AND table_type='BASE TABLE'
            """)
        var sums: [String: String] = [:]
        for table in tables.compactMap({ $0[0] }) {
            let sum = try await server.rows("CHECKSUM TABLE \(SQLText.name(database, table)) EXTENDED")
            sums[table] = (sum.first?[1]).flatMap { $0 } ?? "-"
        }
        return sums
    }

    /// SHOW CREATE of each table, without the counter.
    static func definitions(_ server: MariaDBServer, _ database: String) async throws -> [String: String] {
        let tables = try await server.rows(
            "SELECT table_name FROM information_schema.tables WHERE table_schema='\(database)'")
        var texts: [String: String] = [:]
        for table in tables.compactMap({ $0[0] }) {
            let text = try await server.rows("SHOW CREATE TABLE \(SQLText.name(database, table))").first?[1] ?? ""
            texts[table] = text.replacing(#/ AUTO_INCREMENT=\d+/#, with: "")
        }
        return texts
    }
}
