import CutoverModel
import CutoverTasks
import Testing

@Suite struct BatchMachineTests {
    private func order(_ batchID: String = "b", mode: StopMode = .auto) -> StopOrder {
        StopOrder(stopID: "s", batchID: batchID, requestID: batchID, actor: "ann", reason: "test", mode: mode)
    }

    private func decide(_ state: TaskState?, _ order: StopOrder) -> (item: BatchItem, transition: TaskTransition?) {
        switch BatchMachine.decide(BatchItem(taskId: "t1"), order, for: state, nowMs: 7) {
        case .result(let item): (item, nil)
        case .write(let transition, let item): (item, transition)
        }
    }

    // MARK: - Making

    @Test func aBatchIsMadeOfWholePagesWithTheirOverrides() {
        let ids = (0..<2_500).map { "t\($0)" }
        let request = BatchStopRequest(
            taskIds: ids, requestId: "b",
            overrides: [StopOverride(taskId: "t2400", mode: .graceful), StopOverride(taskId: "t1", mode: .forced)])
        let (record, pages) = BatchMachine.begin(
            request, id: "b", actor: "ann", duplicates: 3, fingerprint: [1], nowMs: 7)
        #expect(pages.map(\.items.count) == [1_000, 1_000, 500])
        #expect(pages.map(\.index) == [0, 1, 2])
        #expect(pages.flatMap(\.items).map(\.taskId) == ids)
        #expect(pages.map { $0.overrides.map(\.taskId) } == [["t1"], [], ["t2400"]])
        #expect(record.pages == 3 && record.openPage == 0 && record.selected)
        #expect(record.batch?.terms?.taskIds == [] && record.batch?.terms?.overrides == [], "kept in the pages alone")
        #expect(record.batch?.summary == BatchSummary(items: 2_500, pending: 2_500))
        #expect(record.batch?.duplicates == 3)
    }

    @Test(arguments: [(0, 1_000), (1, 100), (250, 250), (5_000, 1_000)])
    func pagesAreAsSmallAsTheLimitAllows(maxParallel: UInt32, items: UInt32) {
        let request = BatchStopRequest(taskIds: ["a"], maxParallel: maxParallel)
        let made = BatchMachine.begin(request, id: "b", actor: "", duplicates: 0, fingerprint: [], nowMs: 0)
        #expect(made.record.pageItems == items)
    }

    // MARK: - One item

    @Test func whatCannotBeStoppedSaysWhy() {
        let unknown = decide(nil, order()).item
        #expect(unknown.result == .unknownTask && unknown.final && unknown.error?.reason == "UNKNOWN_TASK")
        var state = TaskState.at(.configuration)
        state.record.configurationFailed = true
        let rejected = decide(state, order()).item
        #expect(rejected.result == .rejected && rejected.final)
        #expect(rejected.error?.reason == "CONFIGURATION_FAILED")
        #expect(rejected.status == .configuration && rejected.taskName == "shop" && rejected.stopId.isEmpty)
    }

    @Test func anUntouchedTaskIsFinalWithItsWrite() throws {
        let (item, transition) = decide(.at(.pendingStart), order())
        #expect(transition?.seals == .stopped)
        #expect(item.result == .stopped && item.final && item.stopId == "s")
        #expect(!item.undrained && !item.drained, "nothing was ever written")
    }

    @Test func aWorkingTaskIsFollowedByItsStop() throws {
        let (item, transition) = decide(.at(.fullMigration), order())
        #expect(item.result == .accepted && !item.final && item.isOpen && item.stopId == "s")
        #expect(item.status == .stopping && transition?.state.record.status == .stopping)
        var state = try #require(transition?.state)
        state = try state.stepping(.released(StopRelease(fenceEpoch: state.record.epoch), nil))
        let stop = try #require(state.stop)
        let ended = BatchMachine.follow(item, stop, state.record.status)
        #expect(ended.result == .stopped && ended.final && ended.status == .stopped)
        #expect(ended.undrained, "the copy was not whole")
    }

    @Test func anothersStopIsNotFollowed() throws {
        let stopping = try TaskState.at(.incrementalMigration).accepting(order("other"))
        let (item, transition) = decide(stopping, order("b"))
        #expect(transition == nil)
        #expect(item.result == .inProgress && item.final && item.stopId == "s")
        let ended = try stopping.stepping(.failed(TaskFailure(code: "X", message: "x")))
        #expect(decide(ended, order("b")).transition?.action == "stop.retried")
        let stopped = try TaskState.at(.pendingStart).accepting(order("other"))
        #expect(decide(stopped, order("b")).item.result == .alreadyStopped)
    }

    @Test func aDryRunTellsTheTaskAsItIs() {
        let told = decide(.at(.pendingStart), order()).item.foretold(.pendingStart)
        #expect(told.result == .accepted && told.status == .pendingStart && told.final)
        #expect(told.stopId.isEmpty && told.modeTaken == .graceful)
    }

    // MARK: - Endings

    @Test func whoCalledAStopOffMadeNoFailure() throws {
        let stopping = try TaskState.at(.incrementalMigration).accepting(order())
        let item = decide(stopping, order()).item
        guard case .withdrawn(let cancelled) = try StopMachine.cancel(stopping, actor: "bob", reason: "no", nowMs: 9)
        else { throw FixtureError.notAccepted }
        let calledOff = BatchMachine.follow(item, try #require(cancelled.state.stop), .incrementalMigration)
        #expect(calledOff.result == .withdrawn && calledOff.status == .incrementalMigration && !calledOff.isFailure)
        #expect(calledOff.error?.message == "Withdrawn by bob: no")

        let late = try stopping.stepping(.deadlinePassed(nil, blocker: "a lock"))
        let missed = BatchMachine.follow(item, try #require(late.stop), late.record.status)
        #expect(missed.result == .withdrawn && missed.error?.reason == "DRAIN_DEADLINE" && missed.isFailure)

        let broken = try stopping.stepping(.failed(TaskFailure(code: "X", message: "x")))
        let failed = BatchMachine.follow(item, try #require(broken.stop), broken.record.status)
        #expect(failed.result == .failed && failed.error?.reason == "X" && failed.isFailure && failed.final)
    }

    @Test func forceLeavesSomethingBehindAlsoWhenDrained() throws {
        var drained = Stop(phase: .stopped, phases: [PhaseRecord(phase: .releasing)], drained: true, copyComplete: true)
        drained.modeTaken = .graceful
        #expect(!BatchMachine.follow(BatchItem(), drained, .stopped).undrained)
        drained.modeTaken = .forced
        #expect(BatchMachine.follow(BatchItem(), drained, .stopped).undrained)
        let completed = Stop(
            modeTaken: .graceful, phase: .stopped, phases: [PhaseRecord(phase: .releasing)], copyComplete: true,
            completes: true)
        let item = BatchMachine.follow(BatchItem(), completed, .completed)
        #expect(!item.undrained && item.status == .completed)
    }

    @Test func nothingMoreIsDecidedAfterACancelOrTooManyFailures() {
        var batch = StopBatch(terms: BatchStopRequest(stopAfterFailures: 2))
        #expect(BatchMachine.ending(batch, failures: 1) == nil)
        #expect(BatchMachine.ending(batch, failures: 2)?.reason == "TOO_MANY_FAILURES")
        batch.cancelled = true
        #expect(BatchMachine.ending(batch, failures: 0)?.reason == "BATCH_CANCELLED")
        batch = StopBatch(terms: BatchStopRequest())
        #expect(BatchMachine.ending(batch, failures: 1_000) == nil, "no limit was named")
    }

    @Test func givingUpTellsHowTheTasksAre() throws {
        let page = BatchPage(
            batchId: "b",
            items: [
                BatchItem(taskId: "decided", result: .rejected, final: true), BatchItem(taskId: "left"),
                BatchItem(taskId: "gone"),
            ])
        let given = BatchMachine.giveUp(page, states: ["left": .at(.paused)], ErrorInfo(message: "m", reason: "R"))
        #expect(given.items.map(\.result) == [.rejected, .notAttempted, .notAttempted])
        #expect(given.items[1].status == .paused && given.items[1].error?.reason == "R" && given.items[1].final)
    }

    @Test func whereABatchStandsFollowsFromWhatIsLeft() {
        var record = BatchRecord(batch: StopBatch(), pages: 2, openPage: 1, selected: true)
        BatchMachine.conclude(&record, inProgress: 0, nowMs: 5)
        #expect(record.batch?.state == .accepting)
        record.openPage = 2
        BatchMachine.conclude(&record, inProgress: 1, nowMs: 5)
        #expect(record.batch?.state == .running && record.batch?.endedAtMs == 0)
        record.selected = false
        BatchMachine.conclude(&record, inProgress: 0, nowMs: 5)
        #expect(record.batch?.state == .accepting, "the selector may name more")
        record.selected = true
        BatchMachine.conclude(&record, inProgress: 0, nowMs: 5)
        #expect(record.batch?.state == .finished && record.batch?.endedAtMs == 5)
    }

    @Test func roomIsWhatIsLeftOfTheLimit() {
        let batch = StopBatch(terms: BatchStopRequest(maxParallel: 3))
        #expect((0...4).map { BatchMachine.room(batch, inProgress: $0) } == [3, 2, 1, 0, 0])
    }
}
