import CutoverModel
import CutoverTasks
import Testing

/// A later change of an alarm never overtakes an earlier one on its way to the webhook.
@Suite struct AlarmDeliveryOrderTests {
    @Test(arguments: StoreKind.allCases)
    func onlyTheFirstOwedChangeOfAnAlarmIsDue(_ kind: StoreKind) async throws {
        try await kind.with { store in
            func save(_ id: String) async throws {
                _ = try await store.saveAlarms([Alarm(id: id, kind: .lagHigh, taskId: "t")], delivers: true)
            }
            func due(by nowMs: Int64 = .max, limit: Int = 10) async throws -> [UInt64] {
                try await store.deliveries(dueBy: nowMs, limit: limit).map(\.alarm.change)
            }
            for id in ["a", "b", "a", "b", "a"] { try await save(id) }
            #expect(try await due() == [1, 2])
            try await store.postpone(AlarmDelivery(alarm: Alarm(id: "a", change: 1), attempts: 1, dueAtMs: 500))
            #expect(try await due(by: 499) == [2])
            #expect(try await due(by: 500) == [2, 1])
            try await store.removeDelivery(change: 2)
            #expect(try await due(by: 499, limit: 1) == [4])
            try await store.removeDelivery(change: 4)
            #expect(try await due(by: 499).isEmpty, "what waits for its turn is not due")
            try await store.removeDelivery(change: 1)
            #expect(try await due(by: 0) == [3])
        }
    }
}
