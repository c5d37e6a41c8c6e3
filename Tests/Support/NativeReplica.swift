internal import CutoverMariaDB

/// MariaDB's own replication from a server, as the judge of ours.
package struct NativeReplica: Sendable {
    package let server: MariaDBServer

    /// Starts an empty server that replicates everything the source ever logged.
    ///
    /// The source must keep all its binary logs from its birth.
    package static func follow(_ source: MariaDBServer, serverID: UInt32 = 9001, options: [String] = []) async throws
        -> NativeReplica
    {
        let server = try await MariaDBServer.start(
            MariaDBServer.Configuration(serverID: serverID, binlogBaseName: "judge", options: options))
        try await server.run(
            "SET GLOBAL gtid_slave_pos=''",
            """
            CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=\(source.port), MASTER_USER='root',
              MASTER_PASSWORD='', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1
            """)
        return NativeReplica(server: server)
    }

    /// Replicates up to a GTID position and stops there.
    package func catchUp(until position: String, seconds: Int = 120) async throws {
        try await server.run("START SLAVE UNTIL master_gtid_pos='\(position)'")
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            let connection = try await server.connect()
            let status = try await connection.query("SHOW SLAVE STATUS", as: "judge status").first
            await connection.close()
            guard let status else { throw TestSupportError("the judge has no replication status") }
            if let error = status["Last_SQL_Error"], !error.isEmpty {
                throw TestSupportError("the judge failed: \(error)")
            }
            if let error = status["Last_IO_Error"], !error.isEmpty {
                throw TestSupportError("the judge cannot read: \(error)")
            }
            if status["Slave_SQL_Running"] == "No" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestSupportError("the judge did not reach the position in \(seconds) s")
    }
}
