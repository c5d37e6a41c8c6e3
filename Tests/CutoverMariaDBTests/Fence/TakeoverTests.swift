import CutoverModel
import CutoverTasks
import CutoverTestSupport
import Testing

@testable import CutoverMariaDB

@Suite("Takeover and release")
struct TakeoverTests {
    private func code(_ body: () async throws -> Void) async -> ReplicationError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ReplicationError)?.code
        }
    }

    @Test("a lower epoch is refused; a retired task stays retired; retiring again changes nothing")
    func epochs() async throws {
        let pair = try await MigrationPair.start()
        let job = pair.job(["d"])
        #expect(try await pair.worker(job, epoch: 3).claim() == .empty)
        #expect(try await pair.worker(job, epoch: 3).claim() == .empty)
        #expect(await code { _ = try await pair.worker(job, epoch: 2).claim() } == .fenced)
        #expect(await code { _ = try await pair.worker(job, epoch: 2).retire() } == .fenced)
        let worker = pair.worker(job, epoch: 3)
        #expect(try await worker.retire() == 4)
        #expect(try await worker.retire() == 4)
        #expect(await code { _ = try await pair.worker(job, epoch: 3).claim() } == .fenced)
        #expect(await code { _ = try await pair.worker(job, epoch: 4).claim() } == .fenced)
        #expect(await code { _ = try await worker.copy() } == .fenced)
        #expect(await code { _ = try await worker.moveTriggers() } != nil)
    }

    @Test("a takeover ends a transaction that holds the fence, and never a stranger's connection")
    func blockedTakeover() async throws {
        let pair = try await MigrationPair.start()
        let job = pair.job(["d"])
        _ = try await pair.worker(job, epoch: 1).claim()
        let old = WorkerConnections(
            source: pair.source.endpoint, destination: pair.destination.endpoint, fence: Fence(task: "t1", epoch: 1))
        let writer = try await old.openWriter(role: "rows")
        let fence = old.fence
        try await writer.withSession { session in
            try session.execute("START TRANSACTION")
            try fence.holdShared(session)
        }
        let stranger = try await pair.destination.connect()
        try await pair.destination.run(
            "INSERT INTO _cutover.connection VALUES ('t1', \(stranger.connectionID), 1, 'reused number')")
        #expect(try await pair.worker(job, epoch: 2).claim() == .empty)
        #expect(try await stranger.value("SELECT 1") == "1")
        do {
            try await writer.execute("COMMIT")
            Issue.record("the old worker's transaction should be gone")
        } catch let error as MariaDBError {
            #expect(error.isConnectionLost)
        }
        await #expect(throws: MariaDBError.self) { try await old.openWriter(role: "rows") }
        await stranger.close()
        _ = await old.closeAll()
    }

    @Test("closing during a copy leaves no connection and no transaction at either end")
    func closeDuringCopy() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run(
            "CREATE DATABASE d", "USE d", "CREATE TABLE d.t (id INT PRIMARY KEY, pad VARCHAR(200))",
            "INSERT INTO d.t SELECT seq, REPEAT('y', 150) FROM seq_1_to_200000")
        let worker = pair.worker(pair.job(["d"]))
        _ = try await worker.claim()
        let copying = Task { try await worker.copy() }
        while worker.status().rowsCopied == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(await worker.close().filter { !$0.released } == [])
        await #expect(throws: CancellationError.self) { try await copying.value }
        await #expect(throws: CancellationError.self) { try await worker.claim() }
        for server in [pair.source, pair.destination] {
            let deadline = ContinuousClock.now + .seconds(20)
            let others = "SELECT COUNT(*) FROM information_schema.processlist WHERE user='root' AND id<>CONNECTION_ID()"
            // Asked by a connection of its own each time: the one before may still be listed when the next one asks.
            var left = try await server.value(others)
            while left != "0", ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
                left = try await server.value(others)
            }
            #expect(left == "0")
            #expect(try await server.value("SELECT COUNT(*) FROM information_schema.innodb_trx") == "0")
        }
        #expect(await worker.close() == [])
    }

    @Test("closing with a frozen source ends and says what could not be confirmed")
    func frozenSource() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
        let worker = pair.worker(pair.job(["d"]))
        _ = try await worker.claim()
        _ = try await worker.copy()
        let following = Task { _ = try await worker.follow(until: nil) }
        while worker.status().receivedPosition.isEmpty, worker.status().appliedPosition.isEmpty {
            try await Task.sleep(for: .milliseconds(10))
        }
        try await Task.sleep(for: .milliseconds(300))
        pair.source.freeze()
        defer { pair.source.thaw() }
        let outcomes = await worker.close()
        await #expect(throws: CancellationError.self) { try await following.value }
        let left = outcomes.filter { !$0.released }
        #expect(left.count == outcomes.filter { $0.resource.hasPrefix("source") }.count)
        #expect(try await pair.worker(pair.job(["d"]), epoch: 2).retire() == 3)
    }

    @Test("an account that cannot see triggers or events is refused, never answered with none")
    func lostPrivilege() async throws {
        let pair = try await MigrationPair.start()
        try await pair.source.run(
            "CREATE DATABASE d", "CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY)",
            "CREATE TRIGGER d.tr BEFORE INSERT ON d.t FOR EACH ROW SET NEW.id = NEW.id",
            "CREATE EVENT d.ev ON SCHEDULE EVERY 1 DAY DO DO 1", "CREATE USER mig@'127.0.0.1'",
            "GRANT ALL PRIVILEGES ON *.* TO mig@'127.0.0.1'")
        let worker = pair.worker(pair.job(["d"], sourceUser: "mig"))
        _ = try await worker.claim()
        _ = try await worker.copy()
        let inventory = try await worker.inventory()
        #expect(Set(inventory.objects.map(\.kind)) == [.trigger, .event, .autoIncrement])
        try await pair.source.run("REVOKE TRIGGER, EVENT ON *.* FROM mig@'127.0.0.1'")
        #expect(await code { _ = try await worker.inventory() } == .privilegeMissing)
        #expect(await code { _ = try await worker.moveTriggers() } == .privilegeMissing)
        #expect(await code { _ = try await worker.moveEvents() } == .privilegeMissing)
        try await pair.source.run("GRANT TRIGGER, EVENT ON *.* TO mig@'127.0.0.1'")
        #expect(try await worker.moveTriggers().filter { $0.kind == .trigger }.map(\.result) == [.created])
        #expect(try await worker.moveEvents().map(\.result) == [.created])
        #expect(try await worker.moveEvents().map(\.result) == [.present])
        _ = await worker.close()
    }
}
