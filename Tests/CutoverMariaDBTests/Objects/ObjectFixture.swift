import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@testable import CutoverMariaDB

/// A migrated pair whose source has triggers and events, and what to look at afterwards.
struct ObjectFixture {
    let pair: MigrationPair
    let worker: any ReplicationWorker

    /// Copies the tables, then makes the objects at the source.
    static func start(
        tables: [String] = ["CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100))"], objects: [String],
        destinationUser: String = "root", destinationSetup: [String] = []
    ) async throws -> ObjectFixture {
        let pair = try await MigrationPair.start(destinationOptions: ["--log-bin-trust-function-creators=ON"])
        try await pair.source.run(["CREATE DATABASE d CHARACTER SET utf8mb4"] + tables)
        try await pair.destination.run(destinationSetup)
        var job = pair.job(["d"])
        job.destination.user = destinationUser
        let worker = pair.worker(job)
        _ = try await worker.claim()
        _ = try await worker.copy()
        try await pair.source.run(["USE d"] + objects)
        return ObjectFixture(pair: pair, worker: worker)
    }

    /// Triggers and events by name: previewed, moved, previewed again, moved again.
    struct Outcomes {
        var preview: [String: ObjectOutcome] = [:]
        var moved: [String: ObjectOutcome] = [:]
        var again: [String: ObjectOutcome] = [:]

        func results(_ name: String) -> [ObjectResult?] {
            [preview[name]?.result, moved[name]?.result, again[name]?.result]
        }
    }

    func moveAll() async throws -> Outcomes {
        var outcomes = Outcomes()
        outcomes.preview = Self.byName(try await worker.previewObjects())
        #expect(outcomes.preview.values.allSatisfy { $0.sql.isEmpty && $0.kind != .autoIncrement })
        outcomes.moved = Self.byName(try await move())
        outcomes.again = Self.byName(try await move())
        return outcomes
    }

    func move() async throws -> [ObjectOutcome] { try await worker.moveTriggers() + worker.moveEvents() }

    static func byName(_ outcomes: [ObjectOutcome]) -> [String: ObjectOutcome] {
        Dictionary(outcomes.filter { $0.kind != .autoIncrement }.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// What the server keeps of each trigger and event, but for when it was made; order included.
    func stored(_ server: MariaDBServer) async throws -> [String: [String?]] {
        var stored: [String: [String?]] = [:]
        let triggers = try await server.rows(
            """
            SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_order, definer, sql_mode,
              character_set_client, collation_connection, HEX(action_statement) FROM information_schema.triggers
            """)
        let events = try await server.rows(
            """
            SELECT event_name, status, definer, sql_mode, time_zone, execute_at, starts, ends, interval_value, on_completion,
              character_set_client, collation_connection, event_comment, HEX(event_definition) FROM information_schema.events
            """)
        for row in triggers + events { stored[row[0] ?? ""] = Array(row.dropFirst()) }
        return stored
    }

    func expectSameObjects(except names: Set<String> = [], sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        let expected = try await stored(pair.source).filter { !names.contains($0.key) }
        let found = try await stored(pair.destination).filter { !names.contains($0.key) }
        #expect(expected == found, sourceLocation: sourceLocation)
    }

    func close() async { _ = await worker.close() }
}
