import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Synchronization
import Testing

@Suite struct AlarmMonitorTests {
    @Test func raisedOnceRepeatedAndCleared() async throws {
        let stage = AlarmStage()
        try await stage.put(.incrementalMigrationFailed, failure: "POSITION_LOST")
        try await stage.look()
        try await stage.look()
        let raised = try #require(try await stage.active.first)
        #expect(raised.kind == .positionLost && raised.taskName == "shop" && raised.change == 1 && raised.count == 1)
        stage.clock.advance(byMs: 3_600_000)
        try await stage.look()
        try await stage.look()
        let again = try #require(try await stage.active.first)
        #expect(again.id == raised.id && again.count == 2 && again.change == 2)
        try await stage.put(.paused)
        try await stage.look()
        #expect(try await stage.active.isEmpty)
        let cleared = try #require(try await stage.all.first)
        #expect(cleared.id == raised.id && cleared.clearedReason == "the task was paused" && cleared.change == 3)
        #expect(try await stage.all.count == 1)
        #expect(stage.changes.revision == 3)
    }

    @Test func aRestartRaisesNothingTwiceAndClearsWhatIsGone() async throws {
        let stage = AlarmStage()
        try await stage.put(.startFailed, "t1", failure: "SOURCE_UNREACHABLE")
        try await stage.put(.startFailed, "t2", failure: "SOURCE_UNREACHABLE")
        try await stage.look()
        try await stage.put(.configuration, "t2")
        let next = stage.restarted()
        try await next.look()
        #expect(try await next.active.map(\.taskId) == ["t1"])
        #expect(try await next.all.count == 2)
    }

    @Test func aRunningTaskIsSeenByItsProgress() async throws {
        let stage = AlarmStage()
        try await stage.put(.incrementalMigration)
        let worker = GaugeWorker(MigrationProgress(sourceUnreachableSinceMs: stage.clock.nowMs))
        stage.board.attach(worker, taskID: "t1", stored: nil)
        try await stage.look()
        #expect(try await stage.all.isEmpty)
        stage.clock.advance(byMs: 20_000)
        try await stage.look()
        #expect(try await stage.active.map(\.kind) == [.sourceUnreachable])
        worker.show(MigrationProgress())
        try await stage.look()
        #expect(try await stage.active.count == 1)
        stage.clock.advance(byMs: 20_000)
        try await stage.look()
        #expect(try await stage.active.isEmpty)
    }

    /// The lag comes and goes without any change of the task's record.
    @Test func lagIsRemembered() async throws {
        let stage = AlarmStage()
        try await stage.put(.incrementalMigration)
        let worker = GaugeWorker(MigrationProgress(lagMs: 61_000))
        stage.board.attach(worker, taskID: "t1", stored: nil)
        for _ in 0..<12 {
            try await stage.look()
            #expect(try await stage.active.isEmpty)
            stage.clock.advance(byMs: 5_000)
        }
        try await stage.look()
        #expect(try await stage.active.map(\.kind) == [.lagHigh])
        worker.show(MigrationProgress(lagMs: 40_000))
        try await stage.look()
        #expect(try await stage.active.count == 1)
        worker.show(MigrationProgress(lagMs: 2_000))
        try await stage.look()
        #expect(try await stage.all.map(\.clearedReason) == ["the lag is back to 2 s"])
    }

    @Test func acceptanceOfAStopClearsAndTheStopItselfMayBeStuck() async throws {
        let stage = AlarmStage()
        try await stage.put(.incrementalMigrationFailed, failure: "APPLY_FAILED")
        try await stage.look()
        #expect(try await stage.active.map(\.kind) == [.workerLost])
        let stop = Stop(
            id: "s1", taskId: "t1", phase: .releasing,
            phases: [PhaseRecord(phase: .releasing, startedAtMs: stage.clock.nowMs)])
        try await stage.put(.stopping, failure: "APPLY_FAILED", stop: stop)
        try await stage.look()
        #expect(try await stage.all.map(\.clearedReason) == ["a stop was accepted"])
        stage.clock.advance(byMs: 300_000)
        try await stage.look()
        #expect(try await stage.active.map(\.kind) == [.stopStuck])
        try await stage.put(.stopped, failure: "APPLY_FAILED", stop: stop)
        try await stage.look()
        stage.clock.advance(byMs: 3_600_000)
        try await stage.look()
        #expect(try await stage.active.isEmpty)
        #expect(try await stage.all.count == 2)
    }

    /// The stop is accepted after the task was read and before its alarm is written.
    @Test func nothingIsRaisedForATaskThatIsBeingStopped() async throws {
        let stage = AlarmStage(store: OvertakenStore(base: InMemoryTaskStore()))
        try await stage.put(.incrementalMigrationFailed, failure: "APPLY_FAILED")
        try await stage.look()
        #expect(try await stage.all.isEmpty)
        #expect(try await stage.store.state(of: "t1")?.record.status == .stopping)
    }

    @Test func aDeletedTaskHasNoAlarms() async throws {
        let stage = AlarmStage()
        try await stage.put(.startFailed, failure: "SOURCE_UNREACHABLE")
        try await stage.look()
        try await stage.delete()
        try await stage.look()
        #expect(try await stage.all.map(\.clearedReason) == ["the task was deleted"])
    }

    @Test func aStoreThatCannotBeWrittenLosesNothing() async throws {
        let store = InMemoryTaskStore()
        let stage = AlarmStage(store: store)
        try await stage.put(.startFailed, failure: "SOURCE_UNREACHABLE")
        await store.refuseWrites(with: TaskStoreError(.full, "no room"))
        await #expect(throws: TaskStoreError.self) { try await stage.look() }
        await store.refuseWrites(with: nil)
        try await stage.look()
        try await stage.look()
        #expect(try await stage.all.count == 1)
    }

    /// Written, but the answer was lost: the next look must not write it again.
    @Test func aLostAnswerRaisesNothingTwice() async throws {
        let stage = AlarmStage(store: LostAnswerStore(base: InMemoryTaskStore()))
        try await stage.put(.startFailed, failure: "SOURCE_UNREACHABLE")
        await #expect(throws: TaskStoreError.self) { try await stage.look() }
        try await stage.look()
        #expect(try await stage.all.count == 1)
    }

    @Test func alarmsAreBounded() async throws {
        var settings = AlarmSettings()
        settings.maxActive = 3
        let stage = AlarmStage(settings: settings)
        try await stage.putFailed(5)
        try await stage.look()
        #expect(try await stage.active.count == 3)
        let first = try #require(try await stage.active.last?.taskId)
        try await stage.put(.paused, first)
        try await stage.look()
        #expect(try await stage.active.count == 3, "what ends makes room")
        #expect(try await stage.all.count == 4)
    }

    @Test func aLookReadsNoMoreThanItMayAndTheNextGoesOn() async throws {
        var settings = AlarmSettings()
        settings.pagesPerLook = 1
        let stage = AlarmStage(settings: settings)
        try await stage.putFailed(2_500)
        try await stage.look()
        #expect(stage.changes.revision == 1_000)
        try await stage.look()
        #expect(stage.changes.revision == 2_000)
        for _ in 0..<4 { try await stage.look() }
        #expect(stage.changes.revision == 2_500)
        // More than a page of active alarms is read back, too.
        let next = stage.restarted()
        for _ in 0..<4 { try await next.look() }
        #expect(next.changes.revision == 2_500)
    }

    @Test func oldAlarmsAreForgotten() async throws {
        let stage = AlarmStage()
        try await stage.put(.startFailed, failure: "SOURCE_UNREACHABLE")
        try await stage.look()
        try await stage.put(.configuration)
        try await stage.look()
        stage.clock.advance(byMs: 90 * 86_400_000)
        try await stage.look()
        #expect(try await stage.all.count == 1)
        stage.clock.advance(byMs: 3_600_000)
        try await stage.look()
        #expect(try await stage.all.isEmpty)
    }

    @Test(arguments: [true, false])
    func changesAreOwedToAWebhookThatIsConfigured(delivers: Bool) async throws {
        let stage = AlarmStage(delivers: delivers)
        try await stage.put(.startFailed, failure: "SOURCE_UNREACHABLE")
        try await stage.look()
        #expect(try await stage.store.deliveries(dueBy: .max, limit: 10).count == (delivers ? 1 : 0))
    }
}

/// Between a read of a page and the next call somebody accepts a stop of every task in it.
private final class OvertakenStore: ForwardingTaskStore {
    let base: any TaskStore

    init(base: InMemoryTaskStore) { self.base = base }

    func list(_ query: TaskQuery) async throws -> TaskPage {
        let page = try await base.list(query)
        for state in page.states where state.record.status != .stopping {
            var record = state.record
            record.status = .stopping
            _ = try await base.apply([
                TaskWrite(
                    record: record, expectedRevision: record.revision, from: state.record.status, actor: "ann",
                    action: "stop.accepted", atMs: 1)
            ])
        }
        return page
    }
}

/// The first write of alarms is carried out and fails.
private final class LostAnswerStore: ForwardingTaskStore {
    let base: any TaskStore
    private let hasFailed = Mutex(false)

    init(base: InMemoryTaskStore) { self.base = base }

    func saveAlarms(_ alarms: [Alarm], delivers: Bool) async throws -> [Alarm] {
        let saved = try await base.saveAlarms(alarms, delivers: delivers)
        let failsNow = hasFailed.withLock { hasFailed in
            defer { hasFailed = true }
            return !hasFailed
        }
        if failsNow { throw TaskStoreError(.failed, "the connection was lost") }
        return saved
    }
}
