internal import CutoverLocking

/// Finds out, through a connection of its own, what the applier waits for at the destination.
///
/// The connection is opened when a statement has taken a second, asks at most every two, and is closed when work goes on.
/// Source: MariaDB Knowledge Base, "Information Schema INNODB_LOCK_WAITS Table" and "METADATA_LOCK_INFO plugin".
struct DestinationProbe: Sendable {
    let connections: WorkerConnections
    let progress: FollowerProgress
    /// The applier's connection at the destination.
    let applierID: UInt64
    /// Called when a destination that holds up the applier has not answered for ``silenceLimit``.
    let onSilence: @Sendable () -> Void

    private static let patience = Duration.seconds(1)
    private static let interval = Duration.seconds(2)
    private static let silenceLimit = Duration.seconds(20)

    /// Goes on until cancelled.
    func run() async {
        var silentSince: ContinuousClock.Instant?
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(500))
            guard slowActivity != nil else {
                silentSince = nil
                continue
            }
            do {
                try await watchSlowWork()
                silentSince = nil
            } catch let error as MariaDBError where error.isUnreachable && error.code != .closed {
                progress.noteLost(source: false)
                let since = silentSince ?? .now
                silentSince = since
                if .now - since > Self.silenceLimit { onSilence() }
            } catch {
                // Refused, or cancelled: what is known stays said.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private var slowActivity: FollowerProgress.Activity? {
        guard let activity = progress.snapshot.activity, .now - activity.since > Self.patience else { return nil }
        return activity
    }

    /// Asks again and again until the applier goes on.
    private func watchSlowWork() async throws {
        let connection = try await connections.open(.destination, role: "lock probe", options: Self.options)
        do {
            while let activity = slowActivity {
                let holder = try await self.holder(of: activity, connection)
                progress.noteReached(source: false)
                progress.note(holder: holder, of: activity.number)
                try await Task.sleep(for: Self.interval)
            }
            await connections.release(connection)
        } catch {
            connection.cancel()
            await connections.release(connection)
            throw error
        }
    }

    private func holder(of activity: FollowerProgress.Activity, _ connection: MariaDBConnection) async throws -> String
    {
        let state =
            try await connection.value(
                "SELECT state FROM information_schema.processlist WHERE id=\(applierID)", as: "look at the applier")
            ?? ""
        if state.lowercased().contains("metadata lock") { return try await metadataLock(activity, connection) }
        if let holder = try await rowLock(connection) { return holder }
        return state.lowercased().hasPrefix("waiting") ? Self.lowercasedFirst(state) : ""
    }

    /// The transaction that holds a row we wait for; nil if none does, or the account may not see it.
    private func rowLock(_ connection: MariaDBConnection) async throws -> String? {
        let row: MariaDBRow?
        do {
            row =
                try await connection.query(
                    """
                    SELECT b.trx_mysql_thread_id, p.user, TIMESTAMPDIFF(SECOND, b.trx_started, NOW())
                    FROM information_schema.innodb_trx r
                    JOIN information_schema.innodb_lock_waits w ON w.requesting_trx_id=r.trx_id
                    JOIN information_schema.innodb_trx b ON b.trx_id=w.blocking_trx_id
                    LEFT JOIN information_schema.processlist p ON p.id=b.trx_mysql_thread_id
                    WHERE r.trx_mysql_thread_id=\(applierID) ORDER BY b.trx_started LIMIT 1
                    """, as: "look for a row lock"
                ).first
        } catch let error as MariaDBError where error.isPrivilege {
            return nil
        }
        guard let row, let identifier = row[0], identifier != "0" else { return nil }
        return
            "a row is locked by connection \(identifier)\(Self.account(row[1])), whose transaction is \(row[2] ?? "?") s old"
    }

    /// Who holds the table, if the server's plugin tells; else the oldest transaction that may.
    private func metadataLock(
        _ activity: FollowerProgress.Activity, _ connection: MariaDBConnection
    ) async throws -> String {
        guard case .change(of: let table) = activity.work else { return "another session holds a metadata lock" }
        do {
            let rows = try await connection.query(
                """
                SELECT m.thread_id, p.user FROM information_schema.metadata_lock_info m
                LEFT JOIN information_schema.processlist p ON p.id=m.thread_id
                WHERE CONCAT(m.table_schema, '.', m.table_name)=\(SQLText.string(table)) AND m.thread_id<>\(applierID)
                ORDER BY p.time DESC LIMIT 1
                """, as: "look for a metadata lock")
            if let row = rows.first, let identifier = row[0] {
                return "the table is locked by connection \(identifier)\(Self.account(row[1]))"
            }
        } catch let error as MariaDBError where error.code == .server {
            // 1109: the plugin metadata_lock_info is not installed.
        }
        return "the table is locked by another session (LOCK TABLES, a schema change or an open transaction)"
    }

    private static func account(_ user: String?) -> String { user.map { " (\($0))" } ?? "" }

    private static func lowercasedFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

    private static let options = MariaDBConnectionOptions(
        connectTimeoutSeconds: 2, readTimeoutSeconds: 5, writeTimeoutSeconds: 5)
}
