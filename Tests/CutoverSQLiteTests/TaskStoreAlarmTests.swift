import CutoverModel
import CutoverSQLite
import CutoverTasks
import Testing

/// What every `TaskStore` does with alarms, told by the same tests for all.
@Suite struct TaskStoreAlarmTests {
    private func alarm(
        _ id: String, _ kind: AlarmKind = .lagHigh, task: String = "t", clearedAtMs: Int64 = 0
    ) -> Alarm {
        Alarm(
            id: id, kind: kind, taskId: task, message: "m", raisedAtMs: 1, clearedAtMs: clearedAtMs, count: 2, change: 9
        )
    }

    private func ids(_ alarms: [Alarm]) -> String {
        alarms.map { "\($0.id).\($0.change)" }.joined(separator: " ")
    }

    @Test("Each change takes the next number, outside the revision log", arguments: StoreKind.allCases)
    func saved(_ kind: StoreKind) async throws {
        try await kind.with { store in
            #expect(try await store.saveAlarms([], delivers: true) == [])
            let first = try await store.saveAlarms([alarm("a"), alarm("b")], delivers: false)
            #expect(ids(first) == "a.1 b.2")
            let second = try await store.saveAlarms(
                [alarm("a", clearedAtMs: 5), alarm("c"), alarm("c")], delivers: false)
            #expect(ids(second) == "a.3 c.4 c.5")
            #expect(try await store.alarms(AlarmQuery(includesCleared: true)) == [second[2], second[0], first[1]])
            #expect(try await ids(store.alarms(afterChange: 0, limit: 10)) == "b.2 a.3 c.5")
            #expect(try await ids(store.alarms(afterChange: 2, limit: 1)) == "a.3")
            #expect(try await ids(store.alarms(afterChange: 5, limit: 10)) == "")
            #expect(try await ids(store.alarms(afterChange: .max, limit: 10)) == "")
            #expect(try await store.revision() == 0)
            #expect(try await store.events(after: 0, limit: 10).isEmpty)
        }
    }

    @Test(
        "Alarms are listed by task, kind and whether they are active, the latest change first",
        arguments: StoreKind.allCases)
    func listed(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.saveAlarms(
                [
                    alarm("a", task: "t1"), alarm("b", .workerLost, task: "t1"), alarm("c", .workerLost, task: "t2"),
                    alarm("d", .stopStuck, task: "t2", clearedAtMs: 3), alarm("e", .unrecognized(99), task: "t1"),
                ], delivers: false)
            func list(_ query: AlarmQuery) async throws -> String { ids(try await store.alarms(query)) }
            #expect(try await list(AlarmQuery()) == "e.5 c.3 b.2 a.1")
            #expect(try await list(AlarmQuery(includesCleared: true)) == "e.5 d.4 c.3 b.2 a.1")
            #expect(try await list(AlarmQuery(includesCleared: true, taskID: "t2")) == "d.4 c.3")
            #expect(try await list(AlarmQuery(taskID: "t2")) == "c.3")
            #expect(try await list(AlarmQuery(kinds: [.workerLost, .unrecognized(99)])) == "e.5 c.3 b.2")
            #expect(try await list(AlarmQuery(taskID: "t1", kinds: [.workerLost])) == "b.2")
            #expect(try await list(AlarmQuery(limit: 2)) == "e.5 c.3")
            #expect(try await list(AlarmQuery(before: 3, limit: 2)) == "b.2 a.1")
            #expect(try await list(AlarmQuery(before: 1)) == "")
            #expect(try await list(AlarmQuery(before: .max, limit: 1)) == "e.5")
            #expect(try await list(AlarmQuery(taskID: "none")) == "")
        }
    }

    @Test("A change is owed to the webhook as it was, until it is delivered", arguments: StoreKind.allCases)
    func delivered(_ kind: StoreKind) async throws {
        try await kind.with { store in
            let raised = try await store.saveAlarms([alarm("a"), alarm("b")], delivers: true)
            let cleared = try await store.saveAlarms([alarm("c", clearedAtMs: 7)], delivers: true)
            _ = try await store.saveAlarms([alarm("quiet")], delivers: false)
            let due = try await store.deliveries(dueBy: 0, limit: 10)
            #expect(due == (raised + cleared).map { AlarmDelivery(alarm: $0, dueAtMs: 0) })
            try await store.postpone(AlarmDelivery(alarm: raised[0], attempts: 3, dueAtMs: 50))
            try await store.postpone(AlarmDelivery(alarm: raised[1], attempts: 1, dueAtMs: 40))
            try await store.postpone(AlarmDelivery(alarm: alarm("none"), attempts: 1, dueAtMs: 1))
            #expect(try await store.deliveries(dueBy: 39, limit: 10).map(\.alarm.change) == [3])
            #expect(try await store.deliveries(dueBy: 40, limit: 10).map(\.alarm.change) == [3, 2])
            let all = try await store.deliveries(dueBy: 50, limit: 10)
            #expect(all.map(\.alarm.change) == [3, 2, 1])
            #expect(all.last == AlarmDelivery(alarm: raised[0], attempts: 3, dueAtMs: 50))
            #expect(try await store.deliveries(dueBy: 50, limit: 2).map(\.alarm.change) == [3, 2])
            try await store.removeDelivery(change: 2)
            try await store.removeDelivery(change: 2)
            try await store.removeDelivery(change: .max)
            #expect(try await store.deliveries(dueBy: .max, limit: 10).map(\.alarm.change) == [3, 1])
        }
    }

    @Test("Of too many owed changes the oldest are given up, and removed ones make room", arguments: StoreKind.allCases)
    func bounded(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.saveAlarms((0..<9000).map { alarm("a\($0)") }, delivers: true)
            for change in 1...500 as ClosedRange<UInt64> { try await store.removeDelivery(change: change) }
            _ = try await store.saveAlarms((0..<1500).map { alarm("b\($0)") }, delivers: true)
            #expect(try await store.deliveries(dueBy: 0, limit: 1).map(\.alarm.change) == [501], "10,000 are owed")
            _ = try await store.saveAlarms((0..<3).map { alarm("c\($0)") }, delivers: true)
            #expect(try await store.deliveries(dueBy: 0, limit: 1).map(\.alarm.change) == [504])
            _ = try await store.saveAlarms((0..<10_000).map { alarm("d\($0)") }, delivers: true)
            #expect(try await store.deliveries(dueBy: 0, limit: 1).map(\.alarm.change) == [10_504])
            #expect(try await store.alarms(AlarmQuery(limit: 5000)).count == 1000, "a listing has its limit")
        }
    }

    @Test("Cleared alarms are forgotten after their time, active ones never", arguments: StoreKind.allCases)
    func purged(_ kind: StoreKind) async throws {
        try await kind.with { store in
            _ = try await store.saveAlarms((0..<2500).map { alarm("old\($0)", clearedAtMs: 10) }, delivers: false)
            _ = try await store.saveAlarms(
                [alarm("old", clearedAtMs: 99), alarm("young", clearedAtMs: 100), alarm("active")], delivers: true)
            try await store.purgeAlarms(clearedBefore: 100)
            #expect(try await ids(store.alarms(AlarmQuery(includesCleared: true))) == "active.2503 young.2502")
            #expect(try await store.deliveries(dueBy: 0, limit: 10).count == 3, "what is owed is still owed")
            #expect(try await ids(store.saveAlarms([alarm("next")], delivers: false)) == "next.2504")
        }
    }

    @Test("Bad alarms are refused", arguments: StoreKind.allCases)
    func bad(_ kind: StoreKind) async throws {
        try await kind.with { store in
            #expect(await code { try await store.saveAlarms([alarm("")], delivers: false) } == .failed)
            let many = (0...10_000).map { alarm("\($0)") }
            #expect(await code { try await store.saveAlarms(many, delivers: false) } == .failed)
            let saved = try await store.saveAlarms([alarm("a")], delivers: false)
            #expect(ids(saved) == "a.1")
            await store.close()
            #expect(await code { try await store.saveAlarms([alarm("a")], delivers: false) } == .closed)
            #expect(await code { try await store.alarms(AlarmQuery()) } == .closed)
        }
    }
}
