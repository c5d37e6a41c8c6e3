import CutoverModel
import CutoverSQLite
import CutoverTasks
import Testing

/// What every `TaskStore` does with batches, told by the same tests for all.
@Suite struct TaskStoreBatchTests {
    @Test(
        "A batch and its stops are one revision, and the batch's event is the last of it", arguments: StoreKind.allCases
    )
    func applied(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.apply([write("t1"), write("t2")])
            let pages = [page(["t1", "t2"]), page(["t3"], index: 1)]
            let made = try await store.apply(batch(pages: pages), with: [], atomically: false)
            #expect(made == .applied(revision: 2, []))
            var record = batch().record
            record.batch?.revision = 2
            #expect(try await store.batch(id: "b") == record)
            let decided = page(["t1", "t2"], .accepted)
            let accepted = try await store.apply(
                batch(expected: 2, pages: [decided], openPage: 1, action: "batch.group"),
                with: [accepting("t1", expected: 1), accepting("t2", expected: 1)], atomically: false)
            #expect(
                accepted
                    == .applied(
                        revision: 3, [.applied(revision: 3, receipt: nil), .applied(revision: 3, receipt: nil)]))
            #expect(try await store.batch(id: "b")?.openPage == 1)
            #expect(try await store.batch(id: "b")?.batch?.revision == 3)
            #expect(try await store.batchPage(id: "b", index: 0) == decided, "a page is replaced whole")
            #expect(try await store.batchPage(id: "b", index: 1) == pages[1])
            #expect(try await store.batchPage(id: "b", index: 2) == nil)
            #expect(try await store.batchPage(id: "c", index: 0) == nil)
            #expect(try await store.batch(id: "c") == nil)
            let events = try await store.events(after: 1, limit: 100)
            #expect(
                events.map { "\($0.revision).\($0.index) \($0.taskId)|\($0.batchId) \($0.action)" } == [
                    "2.0 |b batch.accepted", "3.0 t1| stop.accepted", "3.1 t2| stop.accepted", "3.2 |b batch.group",
                ])
            #expect(
                events.filter { !$0.batchId.isEmpty }.allSatisfy { $0.from == .unspecified && $0.to == .unspecified })
        }
    }

    @Test("A batch that somebody else changed is lost, with all that came with it", arguments: StoreKind.allCases)
    func lost(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.apply([write("t1")])
            #expect(
                try await store.apply(batch(expected: 4), with: [accepting("t1", expected: 1)], atomically: false)
                    == .lost(current: nil))
            _ = try await store.apply(batch(), with: [], atomically: true)
            let current = try await store.batch(id: "b")
            for isAtomic in [false, true] {
                let late = batch("b", .finished, expected: 1, pages: [page(["t1"])])
                let outcome = try await store.apply(late, with: [accepting("t1", expected: 1)], atomically: isAtomic)
                #expect(outcome == .lost(current: current))
            }
            #expect(try await store.apply(batch(), with: [], atomically: false) == .lost(current: current))
            #expect(try await store.state(of: "t1")?.record.status == .configuration)
            #expect(try await store.batchPage(id: "b", index: 0) == nil)
            #expect(try await store.revision() == 2)
        }
    }

    @Test(
        "When some stops do not stand, the others are durable and nothing of the batch is written",
        arguments: StoreKind.allCases)
    func partial(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.apply([write("t1"), write("t2")])
            _ = try await store.apply(batch(pages: [page(["t1", "t2"])]), with: [], atomically: false)
            let before = try await store.batch(id: "b")
            let rival = try #require(try await store.state(of: "t2"))
            let outcome = try await store.apply(
                batch(expected: 2, pages: [page(["t1", "t2"], .accepted)], openPage: 1),
                with: [accepting("t1", expected: 1), accepting("t2", expected: 9)], atomically: false)
            #expect(outcome == .partial([.applied(revision: 3, receipt: nil), .lost(current: rival)]))
            #expect(try await store.state(of: "t1")?.stop?.batchId == "b")
            #expect(try await store.batch(id: "b") == before)
            #expect(try await store.batchPage(id: "b", index: 0)?.items.map(\.result) == [.unspecified, .unspecified])
            #expect(try await store.events(after: 2, limit: 10).map(\.taskId) == ["t1"])
            let none = try await store.apply(
                batch(expected: 2), with: [accepting("t1", expected: 1)], atomically: false)
            let stopping = try await store.state(of: "t1")
            #expect(none == .partial([.lost(current: stopping)]))
            #expect(try await store.revision() == 3, "a commit that changes nothing takes no revision")
        }
    }

    @Test("Together or not at all: what would have stood is told as it is", arguments: StoreKind.allCases)
    func refused(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let memo = RequestMemo(id: "r", fingerprint: [1], taskID: "t1")
            _ = try await store.apply([write("t1") { $0.request = memo }, write("t2"), sealing("t3")])
            let head = try await store.auditHead()
            let states = try await store.states(of: ["t1", "t2", "t3", "new"])
            let lost = states.map { WriteOutcome.lost(current: $0) }
            let outcome = try await store.apply(
                batch(pages: [page(["t1"])]),
                with: [
                    accepting("t1", expected: 1), sealing("t2", expected: 1), accepting("t3", expected: 9),
                    write("new"),
                    write("t2", expected: 1) { $0.request = memo }, accepting("t1", expected: 2),
                ], atomically: true)
            #expect(outcome == .refused(lost + [.requestKnown(memo), lost[0]]))
            #expect(try await store.states(of: ["t1", "t2", "t3", "new"]) == states)
            #expect(try await store.batch(id: "b") == nil)
            #expect(try await store.stop(id: "stop-t1") == nil)
            #expect(try await store.receipts(stopID: "stop-t2") == [])
            #expect(try await store.auditHead() == head)
            #expect(try await store.revision() == 1)
            #expect(try await store.events(after: 0, limit: 10).count == 3)
            // The counters went back too: what follows is numbered as if nothing had been tried.
            let next = try await store.apply(
                batch(pages: [page(["t1"], .accepted)]),
                with: [accepting("t1", expected: 1), sealing("t2", expected: 1), write("new")], atomically: true)
            #expect(next.revision == 2)
            #expect(try await store.events(after: 1, limit: 10).map(\.index) == [0, 1, 2, 3])
            #expect(try await store.receipts(stopID: "stop-t2").map(\.sequence) == [2])
            #expect(try await store.list(TaskQuery()).states.map(\.record.id) == ["t1", "t2", "t3", "new"])
        }
    }

    @Test(
        "A request id used twice in one atomic call refuses it, though neither was known", arguments: StoreKind.allCases
    )
    func twins(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let memo = RequestMemo(id: "r", fingerprint: [1], taskID: "a")
            let writes = [write("a") { $0.request = memo }, write("c") { $0.request = memo }]
            let outcome = try await store.apply(batch(), with: writes, atomically: true)
            #expect(outcome == .refused([.lost(current: nil), .lost(current: nil)]))
            #expect(try await store.request(id: "r") == nil)
            let partial = try await store.apply(batch(), with: writes, atomically: false)
            #expect(partial == .partial([.applied(revision: 1, receipt: nil), .requestKnown(memo)]))
        }
    }

    @Test(
        "Batches page with the latest first; those that have not finished are found by themselves",
        arguments: StoreKind.allCases)
    func listed(_ kind: StoreKind) async throws {
        try await kind.with { store in
            #expect(try await store.batches(after: nil, limit: 10) == BatchListing(batches: [], next: nil))
            for index in 0..<7 {
                _ = try await store.apply(
                    batch("b\(index)", index % 3 == 0 ? .finished : .running), with: [], atomically: false)
            }
            // A change does not move a batch in the listing.
            _ = try await store.apply(batch("b1", .finished, expected: 2), with: [], atomically: false)
            for limit in [1, 2, 3, 7, 100] {
                var ids: [String] = []
                var after: String?
                repeat {
                    let listing = try await store.batches(after: after, limit: limit)
                    #expect(listing.batches.count <= limit)
                    ids += listing.batches.compactMap { $0.batch?.id }
                    after = listing.next
                } while after != nil
                #expect(ids == (0..<7).reversed().map { "b\($0)" })
            }
            #expect(try await store.batches(after: nil, limit: 0).batches.count == 1)
            #expect(await code { try await store.batches(after: "nonsense", limit: 10) } == .noSuchPage)
            #expect(try await store.openBatches().map { $0.batch?.id } == ["b2", "b4", "b5"])
            #expect(try await store.openBatches().first?.batch?.revision == 3)
        }
    }

    @Test("A change of a batch wakes who waits for a revision", arguments: StoreKind.allCases)
    func waits(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let waiter = Task { try await store.waitForRevision(above: 0) }
            _ = try await store.apply(batch(), with: [], atomically: false)
            try await waiter.value
        }
    }

    @Test("Bad batches are refused", arguments: StoreKind.allCases)
    func bad(_ kind: StoreKind) async throws {
        try await kind.with { store in
            var nameless = batch()
            nameless.record.batch = nil
            let tooManyPages = (0...1000).map { page([], index: UInt32($0)) }
            for write in [batch(""), nameless, batch(pages: [page([], of: "c")]), batch(pages: tooManyPages)] {
                #expect(await code { try await store.apply(write, with: [], atomically: false) } == .failed)
            }
            let tooMany = (0...10_000).map { write("t\($0)") }
            #expect(await code { try await store.apply(batch(), with: tooMany, atomically: false) } == .failed)
            #expect(await code { try await store.apply(batch(), with: [write("")], atomically: false) } == .failed)
            let revision = try await store.revision()
            #expect(revision == 0)
            await store.close()
            #expect(await code { try await store.apply(batch(), with: [], atomically: false) } == .closed)
            #expect(await code { try await store.batch(id: "b") } == .closed)
            #expect(await code { try await store.openBatches() } == .closed)
        }
    }
}
