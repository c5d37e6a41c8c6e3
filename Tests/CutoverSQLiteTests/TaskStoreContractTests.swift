import CutoverModel
import CutoverProto
import CutoverSQLite
import CutoverTasks
import Testing

/// What every `TaskStore` does, told by the same tests for all.
@Suite struct TaskStoreContractTests {
    @Test("A task that was created is found, with what was written beside it", arguments: StoreKind.allCases)
    func created(_ kind: StoreKind) async throws {
        try await kind.with { store in
            #expect(try await store.revision() == 0)
            let spec = TaskSpec(source: DatabaseEndpoint(host: "a"), databases: ["shop"])
            let report = PreCheckReport(atMs: 5, sourceVersion: "10.11")
            let outcomes = try await store.apply([
                write("t1") {
                    $0.spec = spec
                    $0.preCheck = report
                    $0.record.epoch = .max
                    $0.record.failure = TaskFailure(code: "X", message: "y")
                }
            ])
            #expect(outcomes == [.applied(revision: 1, receipt: nil)])
            let state = try #require(try await store.state(of: "t1"))
            #expect(state.record.revision == 1 && state.record.epoch == .max && state.record.failure?.code == "X")
            #expect(state.stop == nil)
            #expect(try await store.spec(of: "t1") == spec)
            #expect(try await store.preCheck(of: "t1") == report)
            #expect(try await store.state(of: "t2") == nil)
            #expect(try await store.states(of: ["t2", "t1", "t1"]).map { $0?.record.id } == [nil, "t1", "t1"])
        }
    }

    @Test(
        "A write with the wrong revision is lost and changes nothing; its neighbours stand",
        arguments: StoreKind.allCases)
    func lost(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.apply([write("t1")])
            let outcomes = try await store.apply([
                write("t1", .pendingStart, expected: 7) {
                    $0.stop = Stop(id: "s1")
                    $0.request = RequestMemo(id: "r1", fingerprint: [1], taskID: "t1")
                },
                write("t2"),
                write("gone", expected: 3),
                write("t2"),
            ])
            let first = try #require(try await store.state(of: "t1"))
            #expect(first.record.status == .configuration && first.record.revision == 1)
            let second = try #require(try await store.state(of: "t2"))
            #expect(
                outcomes == [
                    .lost(current: first), .applied(revision: 2, receipt: nil), .lost(current: nil),
                    .lost(current: second),
                ])
            #expect(try await store.stop(id: "s1") == nil)
            #expect(try await store.request(id: "r1") == nil)
            #expect(try await store.apply([write("t1", expected: 9)]) == [.lost(current: first)])
            #expect(try await store.revision() == 2, "a commit that changes nothing takes no revision")
        }
    }

    @Test("A request id that was used is answered with its memo, before anything else", arguments: StoreKind.allCases)
    func replayed(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let memo = RequestMemo(id: "r1", fingerprint: [1, 2], taskID: "t1", stopID: "s1")
            let other = RequestMemo(id: "r1", fingerprint: [9], taskID: "t9")
            _ = try await store.apply([write("t1") { $0.request = memo }])
            let outcomes = try await store.apply([
                write("t1") { $0.request = memo }, write("t9") { $0.request = other },
            ])
            #expect(outcomes == [.requestKnown(memo), .requestKnown(memo)])
            #expect(try await store.request(id: "r1") == memo)
            #expect(try await store.state(of: "t9") == nil)
            let twins = try await store.apply([
                write("a") { $0.request = RequestMemo(id: "r2", fingerprint: [], taskID: "a") },
                write("b") { $0.request = RequestMemo(id: "r2", fingerprint: [], taskID: "b") },
            ])
            #expect(twins.map { $0.revision } == [2, nil])
            #expect(try await store.state(of: "b") == nil)
            let told = RequestMemo(id: "r3", fingerprint: [3], taskID: "c", stopID: "s1", wasToldOnly: true)
            _ = try await store.apply([write("c") { $0.request = told }])
            #expect(try await store.request(id: "r3") == told)
        }
    }

    @Test("Receipts are chained in the order of their commits", arguments: StoreKind.allCases)
    func sealed(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let receipts = try await store.apply([sealing("t1"), sealing("t1"), sealing("t2")]).compactMap {
                $0.receipt
            }
            #expect(receipts.map { $0.sequence } == [1, 2])
            #expect(receipts[0].previousHash == AuditChain.originHash)
            #expect(receipts[1].previousHash == receipts[0].hash)
            for receipt in receipts {
                let stop = try #require(receipt.stop)
                let record = AuditRecord(
                    sequence: receipt.sequence, previousHash: receipt.previousHash, kind: receipt.kind,
                    finalStatus: receipt.finalStatus, stop: stop.protoBytes())
                #expect(receipt.hash == AuditChain.hash(of: record))
                #expect(receipt.finalStatus == .stopped)
                #expect(try await store.receipts(stopID: stop.id) == [receipt])
                #expect(try await store.state(of: stop.taskId)?.stop == stop)
            }
            #expect(try await store.receipts(stopID: "none") == [])
            #expect(await code { try await store.apply([write("t3") { $0.seals = .stopped }]) } == .failed)
            #expect(await code { try await store.apply([sealing("t3", .unspecified)]) } == .failed)
        }
    }

    @Test("The audit log gives its records as they are, with their kinds, and its head", arguments: StoreKind.allCases)
    func audited(_ kind: StoreKind) async throws {
        try await kind.with { store in
            #expect(try await store.auditHead() == AuditHead(sequence: 0, hash: AuditChain.originHash))
            #expect(try await store.audit(after: 0, limit: 10) == [])
            let kinds: [ReceiptKind] = [.withdrawn, .stopped, .residueFinished]
            var receipts: [Receipt] = []
            for (index, kind) in kinds.enumerated() {
                receipts += try await store.apply([sealing("t1", expected: UInt64(index), kind)]).compactMap(\.receipt)
            }
            _ = try await store.apply([sealing("t2")])
            #expect(receipts.map(\.kind) == kinds)
            #expect(try await store.receipts(stopID: "stop-t1") == receipts)
            let records = try await store.audit(after: 0, limit: 10)
            #expect(records.map(\.sequence) == [1, 2, 3, 4])
            #expect(records.map(\.kind) == kinds + [.stopped])
            for (record, receipt) in zip(records, receipts) {
                #expect(record.hash == receipt.hash && record.previousHash == receipt.previousHash)
                #expect(record.finalStatus == receipt.finalStatus)
                #expect(record.hash == AuditChain.hash(of: record))
                #expect(try Stop(protoBytes: record.stop) == receipt.stop)
            }
            #expect(try await store.auditHead() == AuditHead(sequence: 4, hash: records[3].hash))
            #expect(try await store.audit(after: 2, limit: 1) == [records[2]])
            #expect(try await store.audit(after: 4, limit: 1) == [])
            #expect(try await store.audit(after: .max, limit: 1) == [])
        }
    }

    @Test("A deleted task leaves its events, stops and receipts", arguments: StoreKind.allCases)
    func deleted(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.apply([sealing("t1"), write("t2")])
            try await store.saveProgress(["t1": MigrationProgress(rowsCopied: 4), "none": MigrationProgress()])
            let inventory = ObjectInventory(atMs: 3, objects: [ObjectOutcome(kind: .trigger, name: "x")])
            try await store.saveInventory(inventory, of: "t1")
            #expect(try await store.progress(of: "t1")?.rowsCopied == 4)
            #expect(try await store.progress(of: "none") == nil)
            #expect(try await store.inventory(of: "t1") == inventory)
            #expect(try await store.revision() == 1)
            _ = try await store.apply([write("t1", .stopped, expected: 1, from: .stopped) { $0.deletes = true }])
            #expect(try await store.state(of: "t1") == nil)
            #expect(try await store.progress(of: "t1") == nil)
            #expect(try await store.inventory(of: "t1") == nil)
            #expect(try await store.receipts(stopID: "stop-t1").first?.sequence == 1)
            #expect(try await store.stop(id: "stop-t1")?.taskId == "t1")
            let events = try await store.events(after: 0, limit: 100)
            #expect(events.map { $0.taskId } == ["t1", "t2", "t1"])
            #expect(events.first?.stopId == "stop-t1", "the stop that the task had then")
            #expect(events.last?.to == .unspecified)
            #expect(try await store.list(TaskQuery()).states.map { $0.record.id } == ["t2"])
        }
    }

    @Test("Events come in whole revisions", arguments: StoreKind.allCases)
    func events(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.apply((0..<3).map { write("a\($0)") })
            _ = try await store.apply((0..<5).map { write("b\($0)") })
            _ = try await store.apply([write("c")])
            func read(_ after: UInt64, _ limit: Int) async throws -> [String] {
                try await store.events(after: after, limit: limit).map { "\($0.revision).\($0.index)" }
            }
            #expect(try await read(0, 2) == ["1.0", "1.1", "1.2"])
            #expect(try await read(0, 3) == ["1.0", "1.1", "1.2"])
            #expect(try await read(0, 7) == ["1.0", "1.1", "1.2"])
            #expect(try await read(1, 1) == ["2.0", "2.1", "2.2", "2.3", "2.4"])
            #expect(try await read(1, 100) == ["2.0", "2.1", "2.2", "2.3", "2.4", "3.0"])
            #expect(try await read(3, 10) == [])
            #expect(try await read(.max, 10) == [])
        }
    }

    @Test("Listings page in the order of creation and filter by status, name and label", arguments: StoreKind.allCases)
    func listed(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let names = ["shop", "shop[1]", "shop-1", "héllo", "a*b", "SHOP"]
            let labels = TaskLabel(key: "team", value: "a")
            for (index, name) in names.enumerated() {
                _ = try await store.apply([
                    write("t\(index)", index == 2 ? .stopped : .paused, name: name) {
                        if index % 2 == 0 { $0.record.labels = [labels, TaskLabel(key: "n", value: "\(index)")] }
                    }
                ])
            }
            func ids(_ query: TaskQuery) async throws -> String {
                var query = query
                var ids: [String] = []
                repeat {
                    let page = try await store.list(query)
                    #expect(page.states.count <= query.limit && page.revision == 6)
                    ids += page.states.map { $0.record.id }
                    query.after = page.next
                } while query.after != nil
                return ids.joined(separator: " ")
            }
            for limit in [1, 2, 6, 100] {
                #expect(try await ids(TaskQuery(limit: limit)) == "t0 t1 t2 t3 t4 t5")
                #expect(try await ids(TaskQuery(statuses: [.paused], limit: limit)) == "t0 t1 t3 t4 t5")
                #expect(try await ids(TaskQuery(statuses: [.stopped, .creating], limit: limit)) == "t2")
                #expect(try await ids(TaskQuery(nameGlob: "shop*", limit: limit)) == "t0 t1 t2")
                #expect(try await ids(TaskQuery(nameGlob: "shop[1]", limit: limit)) == "t1")
                #expect(try await ids(TaskQuery(nameGlob: "h?llo", limit: limit)) == "t3")
                #expect(try await ids(TaskQuery(nameGlob: "*[*", limit: limit)) == "t1")
                #expect(try await ids(TaskQuery(labels: [labels], limit: limit)) == "t0 t2 t4")
                #expect(
                    try await ids(TaskQuery(statuses: [.paused], nameGlob: "*o*", labels: [labels], limit: limit))
                        == "t0")
                #expect(
                    try await ids(TaskQuery(labels: [labels, TaskLabel(key: "n", value: "4")], limit: limit)) == "t4")
            }
            #expect(await code { try await store.list(TaskQuery(after: "nonsense")) } == .noSuchPage)
            _ = try await store.apply([write("failed", .createFailed), write("lost", .unrecognized(99))])
            #expect(try await store.list(TaskQuery(isLive: true)).states.map { $0.record.id }.last == "lost")
            #expect(
                try await store.list(TaskQuery(statuses: [.stopped, .createFailed], isLive: true)).states.isEmpty)
            #expect(
                try await store.list(TaskQuery(isLive: true, nameGlob: "shop*", labels: [labels])).states.map {
                    $0.record.id
                } == ["t0"])
            let open = try await store.list(TaskQuery(isLive: true, limit: 3))
            #expect(open.states.map { $0.record.id } == ["t0", "t1", "t3"])
            #expect(
                try await store.list(TaskQuery(isLive: true, after: open.next)).states.map { $0.record.id }
                    == ["t4", "t5", "lost"])
            let live = try await store.live(after: nil, limit: 3)
            #expect(live.states.map { $0.record.id } == ["t0", "t1", "t3"])
            #expect(
                try await store.live(after: live.next, limit: 3).states.map { $0.record.id } == ["t4", "t5", "lost"])
        }
    }

    @Test("Labels follow their task's record", arguments: StoreKind.allCases)
    func relabelled(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let (old, new) = (TaskLabel(key: "k", value: "old"), TaskLabel(key: "k", value: "new"))
            _ = try await store.apply([write("t") { $0.record.labels = [old, old] }])
            _ = try await store.apply([write("t", expected: 1) { $0.record.labels = [new] }])
            #expect(try await store.list(TaskQuery(labels: [old])).states.isEmpty)
            #expect(try await store.list(TaskQuery(labels: [new])).states.count == 1)
        }
    }

    @Test("A wait ends with the commit, with cancellation, or with the store", arguments: StoreKind.allCases)
    func waits(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let waiters = (0..<20).map { _ in Task { try await store.waitForRevision(above: 0) } }
            let cancelled = Task { try await store.waitForRevision(above: 0) }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            _ = try await store.apply([write("t")])
            for waiter in waiters { try await waiter.value }
            try await store.waitForRevision(above: 0)
            let left = Task { try await store.waitForRevision(above: 1) }
            await Task.yield()
            await store.close()
            #expect(await code { try await left.value } == .closed)
        }
    }

    @Test("A closed store says so", arguments: StoreKind.allCases)
    func closed(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.apply([write("t")])
            await store.close()
            #expect(await code { try await store.apply([write("u")]) } == .closed)
            #expect(await code { try await store.state(of: "t") } == .closed)
            #expect(await code { try await store.revision() } == .closed)
            #expect(await code { try await store.waitForRevision(above: 9) } == .closed)
        }
    }

    @Test("Bad calls are refused", arguments: StoreKind.allCases)
    func refused(_ kind: StoreKind) async throws {
        try await kind.with { store in
            #expect(await code { try await store.apply([]) } == .failed)
            #expect(await code { try await store.apply((0...10_000).map { write("t\($0)") }) } == .failed)
            #expect(await code { try await store.apply([write("")]) } == .failed)
            #expect(await code { try await store.states(of: Array(repeating: "t", count: 10_001)) } == .failed)
            let revision = try await store.revision()
            #expect(revision == 0)
        }
    }
}
