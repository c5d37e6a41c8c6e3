/// Source connections that all see the rows of one binlog position.
struct Snapshot: Sendable {
    let connections: [MariaDBConnection]
    /// GTID position of the snapshot.
    let position: String
    /// The source's clock right after the snapshot was opened, in seconds since 1970.
    let sourceSeconds: UInt64

    /// Row data passes as bytes; the server must wait for a slow destination instead of giving the reader up.
    static let options = MariaDBConnectionOptions(
        characterSet: "binary", readTimeoutSeconds: 3600,
        setup: [
            "SET SESSION wait_timeout=604800, net_write_timeout=86400, net_read_timeout=86400, max_statement_time=0",
            "SET SESSION idle_transaction_timeout=0, idle_readonly_transaction_timeout=0, sql_quote_show_create=1",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        ])

    /// Opens up to `count` connections at one position.
    ///
    /// With the RELOAD privilege commits are held for some milliseconds (BACKUP STAGE BLOCK_COMMIT) while the
    /// snapshots open. Without it, snapshots are opened again until no commit fell between them, and at last one
    /// connection alone does.
    static func open(_ worker: WorkerConnections, count: Int) async throws -> Snapshot {
        var connections: [MariaDBConnection] = []
        do {
            for _ in 0..<max(1, count) {
                connections.append(try await worker.open(.source, role: "snapshot", options: options))
            }
            let place = try await align(worker, &connections)
            let row = try await connections[0].query(
                "SELECT BINLOG_GTID_POS(\(SQLText.string(place.file)), \(place.offset)), UNIX_TIMESTAMP()",
                as: "read the snapshot's GTID position"
            ).first
            guard let position = row?[0], let seconds = row?[1].flatMap({ UInt64($0) }) else {
                throw MariaDBError(
                    code: .client, message: "the source does not know the GTID position of its own snapshot",
                    operation: "open the snapshot")
            }
            return Snapshot(connections: connections, position: position, sourceSeconds: seconds)
        } catch {
            for connection in connections { await worker.release(connection) }
            throw error
        }
    }

    func close(_ worker: WorkerConnections) async {
        for connection in connections { await worker.release(connection) }
    }

    /// A place in the binary log.
    private struct Place: Hashable {
        var file: String
        var offset: String
    }

    private static func align(_ worker: WorkerConnections, _ connections: inout [MariaDBConnection]) async throws
        -> Place
    {
        if let place = try await alignUnderBackupLock(worker, connections) { return place }
        for _ in 0..<20 {
            if let place = try await begin(connections) { return place }
        }
        for connection in connections.dropFirst() { await worker.release(connection) }
        connections = [connections[0]]
        guard let place = try await begin(connections) else {
            throw MariaDBError(
                code: .client, message: "the source shows no binlog position for a snapshot",
                operation: "open the snapshot")
        }
        return place
    }

    /// nil if the account may not take the lock, or something else holds it.
    private static func alignUnderBackupLock(
        _ worker: WorkerConnections, _ connections: [MariaDBConnection]
    ) async throws -> Place? {
        let holder = try await worker.open(.source, role: "backup lock")
        do {
            // Should this process freeze now, the source ends the lock by itself after five seconds.
            try await holder.execute("SET SESSION wait_timeout=5, lock_wait_timeout=5", as: "set up the session")
            try await holder.execute("BACKUP STAGE START", as: "hold commits")
            try await holder.execute("BACKUP STAGE BLOCK_COMMIT", as: "hold commits")
            let place = try await begin(connections)
            try await holder.execute("BACKUP STAGE END", as: "free commits")
            await worker.release(holder)
            return place
        } catch let error as MariaDBError where error.isPrivilege || error.isLockWait || error.serverCode == 4145 {
            await worker.release(holder)
            return nil
        } catch {
            await worker.release(holder)
            throw error
        }
    }

    /// Begins a snapshot on each connection; the place if it is the same for all.
    private static func begin(_ connections: [MariaDBConnection]) async throws -> Place? {
        let places = try await withThrowingTaskGroup(of: Place?.self) { group in
            for connection in connections {
                group.addTask { try await connection.withSession(begin) }
            }
            var places: Set<Place?> = []
            for try await place in group { places.insert(place) }
            return places
        }
        return places.count == 1 ? places.first ?? nil : nil
    }

    private static func begin(_ session: MariaDBSession) throws -> Place? {
        try session.execute("ROLLBACK", as: "open the snapshot")
        try session.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT", as: "open the snapshot")
        var values: [String: String] = [:]
        for row in try session.query("SHOW STATUS LIKE 'binlog_snapshot_%'", as: "read the snapshot's position") {
            if let name = row[0]?.lowercased() { values[name] = row[1] }
        }
        guard let file = values["binlog_snapshot_file"], !file.isEmpty,
            let offset = values["binlog_snapshot_position"], UInt64(offset) != nil
        else { return nil }
        return Place(file: file, offset: offset)
    }
}
