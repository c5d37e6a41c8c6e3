@testable import CutoverMariaDB
import CutoverTasks
import CutoverTestSupport
import Testing

/// A source, a destination with the same schema, and a fence row at the source's position.
struct FollowerHarness: Sendable {
    static let taskID = "task-follow"

    let source: MariaDBServer
    let destination: MariaDBServer
    var databases = ["shop"]

    /// Starts both servers and runs the schema on each before the checkpoint is taken.
    static func start(
        schema: [String], sourceOptions: [String] = [], binlogBaseName: String = "b"
    ) async throws -> FollowerHarness {
        async let first = MariaDBServer.start(
            MariaDBServer.Configuration(serverID: 1, binlogBaseName: binlogBaseName, options: sourceOptions))
        async let second = MariaDBServer.start(
            MariaDBServer.Configuration(serverID: 2, binlogBaseName: nil, options: []))
        let harness = FollowerHarness(source: try await first, destination: try await second)
        let prelude = ["CREATE DATABASE shop CHARACTER SET utf8mb4", "USE shop"]
        try await harness.source.run(prelude + schema)
        try await harness.destination.run(prelude + schema)
        try await harness.raiseFence(epoch: 1)
        return harness
    }

    /// Claims the fence for an epoch; the first claim sets the checkpoint to the source's present position.
    func raiseFence(epoch: UInt64) async throws {
        let connection = try await destination.connect()
        let row = try await Fence(task: Self.taskID, epoch: epoch).claim(connection)
        if row.state == .empty {
            let position = try await sourcePosition()
            try await connection.execute("UPDATE \(Fence.table) SET state='following', gtid_pos='\(position)'")
        }
        await connection.close()
    }

    func sourcePosition() async throws -> GTIDPosition {
        let text = try await source.value("SELECT @@gtid_binlog_pos")
        return try #require(GTIDPosition(text ?? ""))
    }

    func storedPosition() async throws -> GTIDPosition {
        let text = try await destination.value("SELECT gtid_pos FROM _cutover.fence")
        return try #require(GTIDPosition(text ?? ""))
    }

    func follower(
        epoch: UInt64 = 1, excludedTables: Set<String> = [], retryBudgetMs: Int = 30_000,
        lockWaitSeconds: Int = 10, observer: @escaping @Sendable (BinlogFollower.Notice) -> Void = { _ in }
    ) -> BinlogFollower {
        BinlogFollower(
            connections: WorkerConnections(
                source: source.endpoint, destination: destination.endpoint,
                fence: Fence(task: Self.taskID, epoch: epoch)),
            options: BinlogFollower.Options(
                databases: databases, excludedTables: excludedTables, retryBudgetMs: retryBudgetMs,
                lockWaitSeconds: lockWaitSeconds),
            observer: observer)
    }

    /// Follows up to where the source is now.
    @discardableResult
    func drain(epoch: UInt64 = 1) async throws -> BinlogFollower {
        let follower = follower(epoch: epoch)
        let target = try await sourcePosition()
        try await follower.follow(until: FollowGoal(.position(target)))
        #expect(follower.progress.snapshot.appliedPosition == target)
        #expect(try await storedPosition() == target)
        return follower
    }

    func tables() async throws -> [String] {
        let rows = try await source.rows(
            """
            SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='shop' AND TABLE_TYPE='BASE TABLE'
            ORDER BY 1
            """)
        return rows.compactMap { $0[0] }
    }

    /// Compares definitions and rows of every table.
    func expectEqual(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for table in try await tables() {
            let name = SQLText.name("shop", table)
            let definition = "SHOW CREATE TABLE \(name)"
            let definitions = (try await source.rows(definition), try await destination.rows(definition))
            #expect(
                Self.withoutCounter(definitions.0) == Self.withoutCounter(definitions.1), sourceLocation: sourceLocation
            )
            let checksum = "CHECKSUM TABLE \(name) EXTENDED"
            let sums = (try await source.value2(checksum), try await destination.value2(checksum))
            if sums.0 != sums.1 {
                let query = "SELECT * FROM \(name)"
                let (expected, found) = (try await source.rows(query), try await destination.rows(query))
                let key = { (row: [String?]) in row.map { $0 ?? "NULL" }.joined(separator: "|") }
                let missing = Set(expected.map(key)).subtracting(found.map(key)).sorted().prefix(5)
                let extra = Set(found.map(key)).subtracting(expected.map(key)).sorted().prefix(5)
                Issue.record(
                    "\(table) differs: \(expected.count) and \(found.count) rows; missing \(missing), extra \(extra)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    private static func withoutCounter(_ rows: [[String?]]) -> [[String]] {
        rows.map { row in
            row.map { ($0 ?? "").replacing(#/ AUTO_INCREMENT=[0-9]+/#, with: "") }
        }
    }
}

extension MariaDBServer {
    /// The second column of the first row.
    func value2(_ query: String) async throws -> String? {
        let row = try await rows(query).first ?? []
        return row.count > 1 ? row[1] : nil
    }

    /// Polls a query until it gives `expected`; the deadline only bounds a hang.
    func wait(for query: String, toBe expected: String, seconds: Int = 60) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var last: String?
        while ContinuousClock.now < deadline {
            last = try await value(query)
            if last == expected { return }
            // The server refreshes information_schema.innodb_trx only when nobody has read it for 100 ms.
            try await Task.sleep(for: .milliseconds(150))
        }
        Issue.record("\(query) stayed \(last ?? "NULL"), expected \(expected)")
    }
}
