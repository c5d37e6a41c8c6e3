import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@testable import CutoverMariaDB

@Suite("Table loader")
struct TableLoaderTests {
    /// The destination's table differs from the source's on purpose.
    private func load(_ destinationTable: String, before: [String] = []) async throws -> (MigrationPair, any Error) {
        let pair = try await MigrationPair.start()
        try await pair.source.run(
            "CREATE DATABASE d", "USE d", "CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20))",
            "INSERT INTO d.t SELECT seq, REPEAT('x', 15) FROM seq_1_to_500")
        try await pair.destination.run(["CREATE DATABASE d", "CREATE TABLE d.t \(destinationTable)"] + before)
        let job = pair.job(["d"])
        _ = try await pair.worker(job).claim()
        let connections = WorkerConnections(
            source: pair.source.endpoint, destination: pair.destination.endpoint, fence: Fence(task: "t1", epoch: 1))
        let source = try await connections.open(.source, role: "test")
        let destination = try await connections.openWriter(
            role: "test",
            options: MariaDBConnectionOptions(sqlMode: MariaDBConnectionOptions.dataMode, localInfile: true))
        let table = try await source.withSession {
            try SourceCatalog.read($0, databases: ["d"], excluded: []).tables.first
        }
        try await source.execute("START TRANSACTION")
        let loader = TableLoader(
            plan: RowPlan(try #require(table)), fence: connections.fence, chunkBytes: 4 << 20, onCommit: { _ in })
        do {
            try await loader.copy(.whole, from: source, to: destination)
            _ = await connections.closeAll()
            throw TestSupportError("the load should have failed")
        } catch {
            _ = await connections.closeAll()
            return (pair, error)
        }
    }

    @Test("a narrower column fails the chunk, names the table, shows no value and leaves no row")
    func narrower() async throws {
        let (pair, error) = try await load("(id INT PRIMARY KEY, v VARCHAR(10))")
        let failure = try #require(error as? ReplicationError)
        #expect(failure.code == .copyFailed)
        #expect(failure.message.contains("d.t"))
        #expect(!failure.message.contains("xxxxx"))
        #expect(try await pair.destination.value("SELECT COUNT(*) FROM d.t") == "0")
    }

    @Test("a duplicate row fails the chunk and leaves no row")
    func duplicate() async throws {
        let (pair, error) = try await load(
            "(id INT PRIMARY KEY, v VARCHAR(20))", before: ["INSERT INTO d.t VALUES (250, 'there')"])
        #expect((error as? ReplicationError)?.code == .copyFailed)
        #expect(try await pair.destination.rows("SELECT v FROM d.t") == [["there"]])
    }

    @Test("splits an integer key over its whole range without gap or overlap")
    func ranges() {
        let ranges = KeyRange.split(from: Int128(Int64.min), to: Int128(UInt64.max), parts: 7)
        #expect(ranges.count == 7)
        #expect(ranges.first?.lower == nil)
        #expect(ranges.last?.upper == nil)
        for (one, next) in zip(ranges, ranges.dropFirst()) { #expect(one.upper == next.lower) }
        #expect(KeyRange.split(from: 1, to: 1, parts: 4) == [.whole])
        #expect(KeyRange.split(from: 1, to: 2, parts: 4).count == 2)
    }
}
