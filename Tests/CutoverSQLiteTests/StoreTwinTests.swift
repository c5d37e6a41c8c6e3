import CutoverModel
import CutoverSQLite
import CutoverTasks
import Testing

/// The same random program on both stores gives the same answers and the same revisions.
@Suite struct StoreTwinTests {
    @Test(.timeLimit(.minutes(5)))
    func randomProgram() async throws {
        let seed = testSeed()
        print("StoreTwinTests: CUTOVER_TEST_SEED=\(seed)")
        try await withStore { sqlite, _ in
            var program = StoreProgram(seed: seed)
            let memory = InMemoryTaskStore(seal: .chained)
            for step in 0..<10_000 {
                let call = program.next()
                let mine = await call.perform(sqlite)
                let model = await call.perform(memory)
                try #require(mine == model, "seed \(seed), step \(step): \(call)")
                program.learn(mine)
            }
            try await compareLogs(sqlite, memory)
            // The program got everywhere: an outcome that never came proves nothing.
            let missing = ["applied", "partial", "refused", "lost"].filter {
                program.batchOutcomes[$0, default: 0] < 20
            }
            #expect(missing.isEmpty, "seed \(seed): too few batches were \(missing)")
        }
    }

    private func compareLogs(_ sqlite: SQLiteTaskStore, _ memory: InMemoryTaskStore) async throws {
        let (mine, model) = (try await sqlite.revision(), try await memory.revision())
        #expect(mine == model && mine > 1000)
        var after: UInt64 = 0
        var batchEvents = 0
        while after < mine {
            let events = try await sqlite.events(after: after, limit: 500)
            let expected = try await memory.events(after: after, limit: 500)
            #expect(events == expected)
            batchEvents += events.filter { !$0.batchId.isEmpty }.count
            after = try #require(events.last?.revision)
        }
        #expect(batchEvents > 100)
        let audit = try await sqlite.verifyAudit()
        #expect(audit.problem == nil && audit.records > 100)
        var records: [AuditRecord] = []
        while true {
            let next = try await sqlite.audit(after: UInt64(records.count), limit: 333)
            guard !next.isEmpty else { break }
            #expect(try await memory.audit(after: UInt64(records.count), limit: 333) == next)
            records += next
        }
        #expect(Set(records.map(\.kind)).count == 3)
        let head = try await sqlite.auditHead()
        #expect(try await memory.auditHead() == head)
        #expect(head.sequence == UInt64(records.count) && head.hash == records.last?.hash)
        #expect(try await sqlite.openBatches() == memory.openBatches())
        let live = try await sqlite.liveCounts()
        #expect(try await memory.liveCounts() == live)
        #expect(live.count > 2 && live.keys.allSatisfy { !$0.isFinal }, "\(live)")
    }
}
