import CutoverModel
import CutoverTasks
import Testing

@Suite struct StopSelectorTests {
    private func record(
        _ status: TaskStatus = .incrementalMigration, name: String = "shop-1", createdAtMs: Int64 = 100,
        updatedAtMs: Int64 = 200
    ) -> TaskRecord {
        TaskRecord(
            id: "t", name: name, status: status, createdAtMs: createdAtMs, updatedAtMs: updatedAtMs,
            labels: [TaskLabel(key: "team", value: "a"), TaskLabel(key: "env", value: "x")])
    }

    @Test func anEmptySelectorIsNone() {
        #expect(!StopSelector().isGiven)
        #expect(StopSelector(all: true).isGiven)
        #expect(StopSelector(statuses: [.paused]).isGiven)
        #expect(StopSelector(minAgeMs: 1).isGiven && StopSelector(minUnchangedMs: 1).isGiven)
    }

    @Test func conditionsAreJoinedByAnd() {
        let team = TaskLabel(key: "team", value: "a")
        #expect(StopSelector(nameGlob: "shop-?", labels: [team]).fits(record(), atMs: 1_000))
        #expect(!StopSelector(nameGlob: "shop", labels: [team]).fits(record(), atMs: 1_000))
        #expect(
            !StopSelector(nameGlob: "shop-?", labels: [TaskLabel(key: "team", value: "b")]).fits(record(), atMs: 1_000))
        #expect(!StopSelector(statuses: [.paused], nameGlob: "*").fits(record(), atMs: 1_000))
    }

    @Test func onlyWhatHasNotEndedIsSelectedUnlessTheStatusIsNamed() {
        #expect(!StopSelector(all: true).fits(record(.stopped), atMs: 1_000))
        #expect(!StopSelector(nameGlob: "*").fits(record(.completed), atMs: 1_000))
        #expect(StopSelector(statuses: [.stopped]).fits(record(.stopped), atMs: 1_000))
        #expect(!StopSelector(statuses: [.stopped], all: true).fits(record(.stopped), atMs: 1_000))
    }

    @Test(arguments: [(900, 800, true), (901, 0, false), (0, 801, false), (0, 0, true)])
    func agesAreCountedFromTheBatchsBeginning(minAgeMs: UInt64, minUnchangedMs: UInt64, isTaken: Bool) {
        let selector = StopSelector(minAgeMs: minAgeMs, minUnchangedMs: minUnchangedMs, all: true)
        #expect(selector.takes(record(), atMs: 1_000) == isTaken)
    }

    @Test func laterTasksAndClocksSetBackSelectNothing() {
        #expect(!StopSelector(all: true).takes(record(createdAtMs: 1_001), atMs: 1_000))
        #expect(StopSelector(all: true).takes(record(createdAtMs: 1_000), atMs: 1_000))
        #expect(!StopSelector(minUnchangedMs: 1).takes(record(updatedAtMs: 2_000), atMs: 1_000))
        #expect(!StopSelector(minAgeMs: .max).takes(record(createdAtMs: 0), atMs: .max))
        #expect(StopSelector(minAgeMs: 0, all: true).takes(record(createdAtMs: .min), atMs: .max))
    }
}
