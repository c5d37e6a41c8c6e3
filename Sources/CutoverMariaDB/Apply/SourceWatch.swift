internal import CutoverTasks

/// Reads the source's clock and position about once a second, beside the stream.
///
/// The stream cannot tell: an idle source's heartbeats carry neither, and a stream that waits for a slow destination is late.
struct SourceWatch: Sendable {
    let connections: WorkerConnections
    let progress: FollowerProgress
    let goal: FollowGoal?

    private static let interval = Duration.seconds(1)

    /// Goes on until cancelled. A lost connection is opened again; the stream reports that the source is gone.
    func run() async {
        while !Task.isCancelled {
            try? await watch()
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func watch() async throws {
        let connection = try await connections.open(.source, role: "position watch", options: Self.options)
        do {
            while true {
                try await read(connection)
                try await Task.sleep(for: Self.interval)
            }
        } catch {
            connection.cancel()
            await connections.release(connection)
            throw error
        }
    }

    /// The statement's time is fixed at its start, before the position is read: with a clock past a time, the position holds all
    /// that was committed by then.
    private func read(_ connection: MariaDBConnection) async throws {
        let row = try await connection.query(
            "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000 AS UNSIGNED), @@GLOBAL.gtid_binlog_pos",
            as: "read the source's clock and position"
        ).first
        guard let sourceMs = row?.integer(0), let position = row?[1].flatMap({ GTIDPosition($0) }) else { return }
        let ahead = sourceMs - WallClock.nowMs
        progress.update { snapshot in
            snapshot.sourceClockAheadMs = ahead
            snapshot.sourcePosition = position
        }
        goal?.note(sourceSeconds: sourceMs / 1000, position: position)
    }

    private static let options = MariaDBConnectionOptions(
        connectTimeoutSeconds: 5, readTimeoutSeconds: 5, writeTimeoutSeconds: 5)
}
