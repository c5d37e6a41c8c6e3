import CutoverModel
import CutoverSQLite
import CutoverTasks
import Foundation
import GRDB
import Logging
import Testing

/// What the store on SQLite promises beyond the contract.
@Suite struct SQLiteTaskStoreTests {
    // MARK: - Group commit

    @Test("Callers at the same time share commits, and every call gets its own answer")
    func groupCommit() async throws {
        try await withStore { store, _ in
            let revisions = try await withThrowingTaskGroup(of: (Int, UInt64?).self) { group in
                for caller in 0..<50 {
                    group.addTask {
                        var last: UInt64?
                        for step in 0..<20 {
                            let outcomes = try await store.apply([
                                write("\(caller)", expected: last ?? 0, name: "\(step)")
                            ])
                            last = outcomes.first?.revision
                        }
                        return (caller, last)
                    }
                }
                return try await group.reduce(into: [Int: UInt64?]()) { $0[$1.0] = $1.1 }
            }
            let statistics = store.statistics
            #expect(statistics.writes == 1000)
            #expect(statistics.commits < 1000 && statistics.largestGroupWrites > 1)
            let last = try await store.revision()
            #expect(last == statistics.commits, "one revision per commit")
            for (caller, revision) in revisions {
                let record = try await store.state(of: "\(caller)")?.record
                #expect(record?.revision == revision && record?.name == "19")
            }
            let events = try await store.events(after: 0, limit: 10_000)
            #expect(events.count == 1000)
            #expect(Set(events.map { $0.revision }) == Set(1...last), "the log has no gaps")
        }
    }

    @Test("Rivals for one revision: exactly one wins, the others learn who it was")
    func rivals() async throws {
        try await withStore { store, _ in
            _ = try await store.apply([write("t")])
            let outcomes = try await withThrowingTaskGroup(of: WriteOutcome?.self) { group in
                for rival in 0..<40 {
                    group.addTask { try await store.apply([write("t", expected: 1, name: "\(rival)")]).first }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let winner = try await store.state(of: "t")
            #expect(outcomes.filter { $0?.revision == 2 }.count == 1)
            #expect(outcomes.filter { $0 == .lost(current: winner) }.count == 39)
        }
    }

    @Test("A batch of 10,000 is one commit")
    func largeBatch() async throws {
        try await withStore { store, _ in
            let outcomes = try await store.apply((0..<10_000).map { write("t\($0)") })
            #expect(outcomes.allSatisfy { $0.revision == 1 })
            #expect(store.statistics.commits == 1)
            let events = try await store.events(after: 0, limit: 1)
            #expect(events.count == 10_000 && events.last?.index == 9999)
        }
    }

    @Test("A full queue refuses calls, and refuses no more than it must")
    func busy() async throws {
        try await withStore({ $0.queueLimitWrites = 20 }) { store, _ in
            let codes = await withTaskGroup(of: TaskStoreError.Code?.self) { group in
                for caller in 0..<400 {
                    group.addTask { await code { try await store.apply((0..<5).map { write("\(caller)-\($0)") }) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let refused = codes.filter { $0 == .busy }.count
            let others = codes.compactMap { $0 }.filter { $0 != .busy }
            #expect(others == [])
            #expect(refused > 0 && refused == Int(store.statistics.refusedBusy))
            #expect(Int(store.statistics.writes) == 5 * (400 - refused))
            #expect(store.statistics.waitingWrites == 0)
        }
    }

    @Test("A call whose write the database refuses does not take its neighbours down")
    func poisoned() async throws {
        try await withStore { store, folder in
            try tamper(
                folder,
                """
                CREATE TRIGGER poison BEFORE INSERT ON task WHEN NEW.id = 'poison'
                BEGIN SELECT RAISE(ABORT, 'no'); END
                """)
            let codes = await withTaskGroup(of: (Int, TaskStoreError.Code?).self) { group in
                for caller in 0..<200 {
                    let id = caller % 50 == 7 ? "poison" : "t\(caller)"
                    group.addTask { (caller, await code { try await store.apply([write("a\(id)"), write(id)]) }) }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(codes.allSatisfy { $0.value == ($0.key % 50 == 7 ? .failed : nil) })
            let states = try await store.states(of: (0..<200).map { "t\($0)" })
            #expect(states.filter { $0 != nil }.count == 196)
            #expect(try await store.state(of: "apoison") == nil, "a call's writes stand or fall together with it")
        }
    }

    @Test("A NUL in an id is refused: SQLite would end the id there")
    func nulls() async throws {
        try await withStore { store, _ in
            #expect(await code { try await store.apply([write("a\0b")]) } == .failed)
            #expect(await code { try await store.apply([write("a") { $0.record.stopId = "\0" }]) } == .failed)
            #expect(await code { try await store.apply(batch("b\0"), with: [], atomically: false) } == .failed)
            #expect(await code { try await store.saveAlarms([Alarm(id: "a\0")], delivers: false) } == .failed)
            #expect(try await store.state(of: "a\0b") == nil)
            let outcomes = try await store.apply([write("a")])
            #expect(outcomes.first?.revision == 1)
            #expect(try await store.state(of: "a\0b") == nil, "an id with a NUL finds no other task")
            _ = try await store.apply(batch(pages: [page([])]), with: [sealing("s")], atomically: true)
            #expect(try await store.batch(id: "b\0c") == nil)
            #expect(try await store.batchPage(id: "b\0c", index: 0) == nil)
            #expect(try await store.receipts(stopID: "stop-s\0c") == [])
            try await store.saveProgress(["a\0b": MigrationProgress(rowsCopied: 1)])
            #expect(try await store.progress(of: "a") == nil)
        }
    }

    // MARK: - Opening

    @Test("A store is found again as it was left")
    func reopened() async throws {
        try await withFolder { folder in
            let first = try SQLiteTaskStore(options: options(folder))
            _ = try await first.apply([write("a"), sealing("b")])
            await first.close()
            await first.close()
            let second = try await SQLiteTaskStore.open(path: options(folder).path, logger: Logger(label: "test"))
            #expect(try await second.revision() == 1)
            let sealed = try await second.apply([sealing("c")])
            #expect(sealed.first?.revision == 2 && sealed.first?.receipt?.sequence == 2)
            #expect(try await second.list(TaskQuery()).states.map { $0.record.id } == ["a", "b", "c"])
            await second.close()
            let rights = try FileManager.default.attributesOfItem(atPath: options(folder).path)[.posixPermissions]
            #expect(rights as? Int == 0o600)
        }
    }

    @Test("A file of a newer version, another program's, or a damaged one is refused and left as it is")
    func refusedFiles() async throws {
        try await withFolder { folder in
            func opening() async -> TaskStoreError.Code? {
                await code { try SQLiteTaskStore(options: options(folder)) }
            }
            await (try SQLiteTaskStore(options: options(folder))).close()
            try tamper(folder, "PRAGMA user_version = 99")
            #expect(await opening() == .newerSchema)
            #expect(try inspect(folder, "PRAGMA user_version") == 99)
            try tamper(folder, "PRAGMA user_version = 4", "UPDATE meta SET audit_sequence = 5")
            #expect(await opening() == .corrupt)
            try tamper(folder, "UPDATE meta SET audit_sequence = 0", "PRAGMA application_id = 7")
            #expect(await opening() == .failed)
            try tamper(folder, "PRAGMA application_id = 1129665622", "DELETE FROM meta")
            #expect(await opening() == .corrupt)
            for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
                try FileManager.default.removeItem(atPath: folder + "/" + file)
            }
            let noise = Data((0..<8192).map { UInt8($0 % 251) })
            try noise.write(to: URL(fileURLWithPath: options(folder).path))
            #expect(await opening() == .corrupt)
            #expect(try Data(contentsOf: URL(fileURLWithPath: options(folder).path)) == noise)
            #expect(
                await code { try SQLiteTaskStore(options: SQLiteTaskStoreOptions(path: folder + "/no/t.db")) }
                    == .failed)
        }
    }

    @Test("A store of version 2 is brought to this version, and what it did not note is not invented")
    func olderStore() async throws {
        try await withFolder { folder in
            let memo = RequestMemo(id: "r", fingerprint: [1], taskID: "t", stopID: "s", wasToldOnly: true)
            let older = try SQLiteTaskStore(options: options(folder))
            _ = try await older.apply([
                write("t") {
                    $0.request = memo
                    $0.record.stopId = "s"
                }
            ])
            await older.close()
            try tamper(
                folder, "ALTER TABLE request DROP COLUMN told_only", "ALTER TABLE event DROP COLUMN stop",
                "DROP INDEX task_live",
                "CREATE INDEX task_live ON task (n, status) WHERE status NOT IN (2, 15, 16)",
                "PRAGMA user_version = 2")
            let store = try SQLiteTaskStore(options: options(folder))
            #expect(try inspect(folder, "PRAGMA user_version") == 4)
            #expect(try await store.live(after: nil, limit: 1).states.map(\.record.id) == ["t"])
            #expect(try await store.request(id: "r")?.wasToldOnly == false)
            #expect(try await store.events(after: 0, limit: 10).map(\.stopId) == [""])
            var next = memo
            next.id = "r2"
            _ = try await store.apply([
                write("t", expected: 1) {
                    $0.request = next
                    $0.record.stopId = "s"
                }
            ])
            #expect(try await store.request(id: "r2") == next)
            #expect(try await store.events(after: 0, limit: 10).map(\.stopId) == ["", "s"])
            await store.close()
        }
    }

    @Test("A transition needs no table that SQLite would have to make for it")
    func planOfATransition() async throws {
        try await withFolder { folder in
            await (try SQLiteTaskStore(options: options(folder))).close()
            let steps: [String] = try rows(folder, "EXPLAIN UPDATE task SET status = 2 WHERE id = 'x' AND revision = 1")
            #expect(steps.contains("IdxDelete") && !steps.contains("OpenEphemeral"), "\(steps)")
        }
    }

    @Test("A store of the development version before is refused, with what to do, and left as it is")
    func developmentStore() async throws {
        try await withFolder { folder in
            try tamper(
                folder, "PRAGMA journal_mode = WAL", "PRAGMA application_id = 1129665622", "PRAGMA user_version = 1",
                "CREATE TABLE audit (sequence INTEGER PRIMARY KEY, hash BLOB)", "INSERT INTO audit VALUES (1, x'00')")
            #expect {
                _ = try SQLiteTaskStore(options: options(folder))
            } throws: {
                let error = $0 as? TaskStoreError
                return error?.code == .failed && error?.message.contains("move the file away") == true
            }
            #expect(try inspect(folder, "PRAGMA user_version") == 1)
            #expect(try inspect(folder, "SELECT count(*) FROM sqlite_schema") == 1)
            #expect(try inspect(folder, "SELECT count(*) FROM audit") == 1)
        }
    }

    @Test("The indexes of live tasks and open batches name the statuses that the core calls final")
    func indexedStatuses() async throws {
        try await withStore { store, _ in
            for status in TaskStatus.allKnown { _ = try await store.apply([write("\(status)", status)]) }
            let live = try await store.live(after: nil, limit: 1000).states.map { $0.record.status }
            #expect(live == TaskStatus.allKnown.filter { !$0.isFinal })
            let counts = try await store.liveCounts()
            #expect(counts == Dictionary(uniqueKeysWithValues: live.map { ($0, 1) }))
            for state in BatchState.allKnown {
                _ = try await store.apply(batch("\(state)", state), with: [], atomically: false)
            }
            let open = try await store.openBatches().compactMap { $0.batch?.state }
            #expect(open == BatchState.allKnown.filter { $0 != .finished })
        }
    }

    // MARK: - Bounds

    @Test("Old events go in whole revisions; asking below the floor is a typed error", .timeLimit(.minutes(1)))
    func compacted() async throws {
        try await withStore({
            $0.eventsKept = 3000
            $0.idleDelayMs = 20
        }) { store, _ in
            _ = try await store.apply((0..<2500).map { write("a\($0)") })
            for index in 0..<10 { _ = try await store.apply((0..<500).map { write("b\(index)-\($0)") }) }
            // 7500 events: the first two revisions can go, and a thousand are tolerated.
            while await code({ try await store.events(after: 1, limit: 1) }) == nil {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(await code { try await store.events(after: 0, limit: 10) } == .compacted)
            var kept = 0
            var after = try await store.revision()
            while after > 0, let events = try? await store.events(after: after - 1, limit: 1) {
                #expect(events.count == (after == 1 ? 2500 : 500))
                kept += events.count
                after -= 1
            }
            #expect(kept >= 3000)
            #expect(try await store.list(TaskQuery(limit: 1000)).states.count == 1000, "tasks stay")
        }
    }

    @Test(
        "The largest revision, a full call of stops with its batch, goes whole or stays whole", .timeLimit(.minutes(1)))
    func largestRevisionCompacted() async throws {
        try await withStore({
            $0.eventsKept = 5000
            $0.idleDelayMs = 20
        }) { store, _ in
            let writes = (0..<10_000).map { write("a\($0)") }
            #expect(try await store.apply(batch(), with: writes, atomically: true).revision == 1)
            #expect(try await store.events(after: 0, limit: 1).count == 10_001)
            // Too many by far, but of one revision: nothing can go.
            for index in 0..<20 {
                _ = try await store.apply(batch(expected: UInt64(index) + 1), with: [], atomically: false)
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await store.events(after: 0, limit: 1).count == 10_001)
            _ = try await store.apply(batch(expected: 21), with: (0..<5000).map { write("b\($0)") }, atomically: true)
            while await code({ try await store.events(after: 0, limit: 1) }) == nil {
                try await Task.sleep(for: .milliseconds(5))
            }
            let kept = try await store.events(after: 21, limit: 10_000)
            #expect(kept.count == 5001 && kept.last?.batchId == "b")
        }
    }

    @Test("Requests are forgotten after their time, not before", .timeLimit(.minutes(1)))
    func forgotten() async throws {
        try await withStore({
            $0.nowMs = { 100_000 }
            $0.requestsKeptMs = 50_000
            $0.idleDelayMs = 20
        }) { store, _ in
            func request(_ id: String, atMs: Int64) -> TaskWrite {
                write(id) {
                    $0.atMs = atMs
                    $0.request = RequestMemo(id: id, fingerprint: [1], taskID: id)
                }
            }
            _ = try await store.apply([request("old", atMs: 49_999), request("young", atMs: 50_000)])
            while try await store.request(id: "old") != nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try await store.request(id: "young") != nil)
        }
    }

    @Test("The write-ahead log shrinks when the writer is idle", .timeLimit(.minutes(1)))
    func logBounded() async throws {
        try await withStore({
            $0.walTruncateBytes = 100_000
            $0.idleDelayMs = 20
        }) { store, folder in
            _ = try await store.apply((0..<2000).map { write("t\($0)") })
            let log = options(folder).path + "-wal"
            func size() throws -> Int {
                try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int ?? -1
            }
            while try size() != 0 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try await store.apply([write("u")]).first?.revision == 2)
        }
    }

    @Test("Waits that are cancelled leave nothing behind, and too many are refused")
    func waitersBounded() async throws {
        try await withStore({ $0.waiterLimit = 10 }) { store, _ in
            for _ in 0..<200 {
                let waiter = Task { try await store.waitForRevision(above: 0) }
                waiter.cancel()
                _ = await waiter.result
            }
            let waiters = (0..<30).map { _ in Task { await code { try await store.waitForRevision(above: 0) } } }
            while store.statistics.waiters < 10 { await Task.yield() }
            _ = try await store.apply([write("t")])
            var codes: [TaskStoreError.Code?] = []
            for waiter in waiters { codes.append(await waiter.value) }
            #expect(codes.allSatisfy { $0 == nil || $0 == .busy })
            #expect(store.statistics.waiters == 0)
        }
    }

    // MARK: - Backup

    @Test("A backup taken under load is a whole store")
    func backup() async throws {
        try await withStore { store, folder in
            _ = try await store.apply(
                batch(pages: [page(["t0"])]), with: (0..<500).map { sealing("t\($0)") }, atomically: true)
            _ = try await store.saveAlarms([Alarm(id: "a")], delivers: true)
            async let load: Void = {
                for index in 0..<50 { _ = try await store.apply([write("u\(index)")]) }
            }()
            let copy = folder + "/copy.db"
            try await store.backup(to: copy)
            try await load
            #expect(await code { try await store.backup(to: copy) } == .failed)
            #expect(await code { try await store.backup(to: folder + "/none/copy.db") } != nil)
            var copied = options(folder)
            copied.path = copy
            let restored = try SQLiteTaskStore(options: copied)
            let revision = try await restored.revision()
            #expect(revision >= 1 && revision <= 51)
            let audit = try await restored.verifyAudit()
            #expect(audit.problem == nil && audit.records == 500)
            #expect(try await restored.batch(id: "b")?.batch?.revision == 1)
            #expect(try await restored.batchPage(id: "b", index: 0) == page(["t0"]))
            #expect(try await restored.alarms(AlarmQuery()).map(\.change) == [1])
            #expect(try await restored.deliveries(dueBy: 0, limit: 9).map(\.alarm.id) == ["a"])
            #expect(try await restored.list(TaskQuery(limit: 1000)).states.count == 499 + Int(revision))
            await restored.close()
        }
    }
}
