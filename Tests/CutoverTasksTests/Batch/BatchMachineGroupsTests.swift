import CutoverModel
import CutoverTasks
import Testing

@Suite struct BatchMachineGroupsTests {
    private func begin(_ request: BatchStopRequest, pageItems: Int? = nil) -> (BatchRecord, [BatchPage]) {
        BatchMachine.begin(
            request, id: "b", actor: "ann", duplicates: 0, fingerprint: [], pageItems: pageItems, nowMs: 5)
    }

    private func order(_ item: BatchItem, _ overrides: StopOverride?, _: TaskState?) -> StopOrder {
        StopOrder(
            stopID: "stop-\(item.taskId)", batchID: "b", requestID: "b", reason: overrides?.reason ?? "",
            mode: overrides?.mode ?? .auto)
    }

    private func state(_ id: String, _ status: TaskStatus, revision: UInt64 = 0) -> TaskState {
        var state = TaskState.at(status)
        state.record.id = id
        state.record.name = id
        state.record.revision = revision
        return state
    }

    private func states(_ ids: String..., in status: TaskStatus = .incrementalMigration) -> [String: TaskState] {
        Dictionary(uniqueKeysWithValues: ids.map { ($0, state($0, status)) })
    }

    // MARK: - Accepting

    @Test func aGroupTakesAsManyAsMayBeInProgress() {
        let (record, pages) = begin(BatchStopRequest(taskIds: ["a", "gone", "b", "c"], maxParallel: 3))
        let group = BatchMachine.accept(
            pages[0], of: record, states: states("a", "b", "c"), inProgress: 1, nowMs: 7, order: order)
        #expect(group.changes.map(\.before.record.id) == ["a", "b"])
        #expect(group.changes.map { $0.transition.state.stop?.id } == ["stop-a", "stop-b"])
        #expect(group.pages.flatMap(\.items).map(\.result) == [.accepted, .unknownTask, .accepted, .unspecified])
        #expect(group.record.batch?.summary == BatchSummary(items: 4, accepted: 2, unknown: 1, pending: 1))
        #expect(group.record.openPage == 0 && group.record.batch?.state == .accepting)
        let rest = BatchMachine.accept(
            group.pages[0], of: group.record, states: states("c"), inProgress: 2, nowMs: 8, order: order)
        #expect(rest.changes.map(\.before.record.id) == ["c"], "what is decided stays so")
        #expect(rest.record.openPage == 1 && rest.record.batch?.state == .running)
    }

    @Test func stopsThatEndWithTheirWriteTakeNoPlace() {
        let (record, pages) = begin(BatchStopRequest(taskIds: ["a", "b"], maxParallel: 1))
        let group = BatchMachine.accept(
            pages[0], of: record, states: states("a", "b", in: .pendingStart), inProgress: 0, nowMs: 7, order: order)
        #expect(group.record.batch?.summary == BatchSummary(items: 2, stopped: 2))
        #expect(group.record.batch?.state == .finished && group.record.batch?.endedAtMs == 7)
    }

    @Test func overridesReachTheirItems() {
        let (record, pages) = begin(
            BatchStopRequest(
                taskIds: ["a", "b"], overrides: [StopOverride(taskId: "b", mode: .forced, reason: "broken")]))
        let group = BatchMachine.accept(
            pages[0], of: record, states: states("a", "b"), inProgress: 0, nowMs: 7, order: order)
        #expect(group.changes.map { $0.transition.state.stop?.modeTaken } == [.graceful, .forced])
    }

    /// One of them is a failed stop of somebody else, which carries no sign of the batch that takes it up again.
    @Test func aGroupThatLosesToARivalStandsInSmallerOnesAndNeverInPart() async throws {
        let store = InMemoryTaskStore()
        var failed = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "theirs"))
            .stepping(.failed(TaskFailure(code: "X")))
        failed.record.id = "failed"
        failed.stop?.taskId = "failed"
        let other = state("other", .incrementalMigration)
        for state in [failed, other] { try await write(TaskTransition(state: state, action: "made"), to: store) }
        var (record, pages) = begin(BatchStopRequest(taskIds: ["failed", "other"]))
        _ = try await store.apply(
            BatchWrite(record: record, expectedRevision: 0, pages: pages, actor: "", action: "", atMs: 5), with: [],
            atomically: true)

        let first = try await accept(in: store, maxChanges: BatchMachine.maxPageItems)
        #expect(first.changes.count == 2)
        try await touch("other", in: store)
        guard case .refused = try await write(first, to: store) else { throw FixtureError.notAccepted }
        #expect(try await store.state(of: "failed")?.stop?.phase == .failed, "not taken up without its page")
        let size = BatchMachine.nextMaxChanges(after: first, of: BatchMachine.maxPageItems, isRefused: true)
        #expect(size == 1)

        let second = try await accept(in: store, maxChanges: size)
        try await touch("other", in: store)
        guard case .applied = try await write(second, to: store) else { throw FixtureError.notAccepted }
        #expect(BatchMachine.nextMaxChanges(after: second, of: size, isRefused: false) == 2)
        guard case .applied = try await write(try await accept(in: store, maxChanges: 2), to: store) else {
            throw FixtureError.notAccepted
        }
        pages = [try #require(try await store.batchPage(id: "b", index: 0))]
        record = try #require(try await store.batch(id: "b"))
        #expect(pages[0].items.map(\.stopId) == ["theirs", "stop-other"])
        #expect(pages[0].items.map(\.isOpen) == [true, true])
        #expect(record.batch?.summary == BatchSummary(items: 2, accepted: 2) && record.batch?.state == .running)
    }

    @Test func groupsGrowBackToAPage() {
        let group = BatchGroup(record: BatchRecord())
        #expect(BatchMachine.nextMaxChanges(after: group, of: 1, isRefused: true) == 1)
        #expect(BatchMachine.nextMaxChanges(after: group, of: 600, isRefused: false) == BatchMachine.maxPageItems)
    }

    private func write(_ transition: TaskTransition, to store: InMemoryTaskStore) async throws {
        let record = transition.state.record
        _ = try await store.apply([
            TaskWrite(
                record: record, expectedRevision: record.revision, from: record.status, actor: "rival",
                action: transition.action, atMs: 6, stop: transition.state.stop)
        ])
    }

    private func touch(_ id: String, in store: InMemoryTaskStore) async throws {
        let state = try #require(try await store.state(of: id))
        try await write(TaskTransition(state: state, action: "touch"), to: store)
    }

    private func accept(in store: InMemoryTaskStore, maxChanges: Int) async throws -> BatchGroup {
        let page = try #require(try await store.batchPage(id: "b", index: 0))
        var states: [String: TaskState] = [:]
        for item in page.items { states[item.taskId] = try await store.state(of: item.taskId) }
        let record = try #require(try await store.batch(id: "b"))
        return BatchMachine.accept(
            page, of: record, states: states, inProgress: 0, maxChanges: maxChanges, nowMs: 7, order: order)
    }

    private func write(_ group: BatchGroup, to store: InMemoryTaskStore) async throws -> BatchOutcome {
        let writes = group.changes.map { change in
            TaskWrite(
                record: change.transition.state.record, expectedRevision: change.before.record.revision,
                from: change.before.record.status, actor: "ann", action: change.transition.action, atMs: 7,
                stop: change.transition.state.stop, seals: change.transition.seals)
        }
        return try await store.apply(
            BatchWrite(
                record: group.record, expectedRevision: group.record.batch?.revision ?? 0, pages: group.pages,
                actor: "ann", action: "batch.accepting", atMs: 7), with: writes, atomically: true)
    }

    // MARK: - All or none

    @Test func aBatchIsAcceptedWhole() throws {
        let (record, pages) = begin(BatchStopRequest(taskIds: ["a", "b", "c"], atomicAccept: true), pageItems: 2)
        var states = states("a", "c")
        var stopping = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "theirs"))
        stopping.record.id = "b"
        states["b"] = stopping
        let group = BatchMachine.acceptWhole(pages, of: record, states: states, nowMs: 7, order: order)
        #expect(group.changes.map(\.before.record.id) == ["a", "c"])
        #expect(group.record.batch?.summary == BatchSummary(items: 3, accepted: 2, inProgress: 1))
        #expect(group.record.openPage == 2 && group.record.batch?.state == .running)
    }

    @Test func oneTaskThatCannotBeStoppedLeavesAllAlone() {
        let (record, pages) = begin(
            BatchStopRequest(taskIds: ["a", "pending", "gone"], atomicAccept: true), pageItems: 1)
        var states = states("a")
        states["pending"] = state("pending", .pendingStart)
        let group = BatchMachine.acceptWhole(pages, of: record, states: states, nowMs: 7, order: order)
        #expect(group.changes.isEmpty)
        let items = group.pages.flatMap(\.items)
        #expect(items.map(\.result) == [.notAttempted, .notAttempted, .unknownTask])
        #expect(items.map(\.status) == [.incrementalMigration, .pendingStart, .unspecified])
        #expect(items[0].error?.reason == "NOT_ALL_LEGAL" && items[0].stopId.isEmpty)
        #expect(group.record.batch?.state == .finished)
        #expect(group.record.batch?.summary == BatchSummary(items: 3, unknown: 1, notAttempted: 2))
    }

    // MARK: - Selecting

    @Test func aListingBecomesPagesOfWhatIsNotNamedYet() {
        var (record, _) = begin(BatchStopRequest(taskIds: ["a"], selector: StopSelector(all: true)))
        var late = state("late", .paused)
        late.record.createdAtMs = 6
        let listing = TaskPage(
            states: [state("a", .paused), state("b", .paused), late, state("c", .paused)], next: "4", revision: 1)
        let page = BatchMachine.select(listing, named: ["a"], of: &record)
        #expect(page?.index == 1 && page?.batchId == "b" && page?.items.map(\.taskId) == ["b", "c"])
        #expect(record.pages == 2 && record.selectorToken == "4" && !record.selected)
        #expect(record.batch?.summary == BatchSummary(items: 3, pending: 3))
        let last = BatchMachine.select(TaskPage(states: [], next: nil, revision: 1), named: [], of: &record)
        #expect(last == nil && record.selected && record.pages == 2)
    }

    // MARK: - Endings

    @Test func givingUpEndsTheSelectingToo() {
        let request = BatchStopRequest(taskIds: ["a", "b", "c"], selector: StopSelector(all: true))
        let (record, pages) = begin(request, pageItems: 1)
        let why = ErrorInfo(message: "m", reason: "R")
        let some = BatchMachine.giveUp(
            Array(pages.prefix(2)), of: record, states: states("a", "b"), inProgress: 0, why, nowMs: 7)
        #expect(some.record.openPage == 2 && some.record.selected && some.record.batch?.state == .accepting)
        let rest = BatchMachine.giveUp(
            Array(pages.dropFirst(2)), of: some.record, states: [:], inProgress: 1, why, nowMs: 7)
        #expect(rest.record.openPage == 3 && rest.record.batch?.state == .running)
        #expect(rest.record.batch?.summary == BatchSummary(items: 3, notAttempted: 3))
        #expect((some.pages + rest.pages).flatMap(\.items).allSatisfy { $0.error == why && $0.final })
    }

    @Test func onlyWhatGoesOnIsSettled() throws {
        let (made, pages) = begin(BatchStopRequest(taskIds: ["a", "b"]))
        let group = BatchMachine.accept(
            pages[0], of: made, states: states("a", "b"), inProgress: 0, nowMs: 7, order: order)
        var record = group.record
        var ended = group.pages[0].items[0]
        ended.result = .stopped
        ended.final = true
        #expect(BatchMachine.settle([group.pages[0].items[1]], in: group.pages[0], of: &record) == nil)
        let settled = try #require(BatchMachine.settle([ended], in: group.pages[0], of: &record))
        #expect(settled.items.map(\.result) == [.stopped, .accepted])
        #expect(record.batch?.summary == BatchSummary(items: 2, accepted: 1, stopped: 1))
        // Told twice, or of another stop of the task: nothing more is counted.
        #expect(BatchMachine.settle([ended], in: settled, of: &record) == nil)
        ended.taskId = "b"
        #expect(BatchMachine.settle([ended], in: settled, of: &record) == nil)
        #expect(record.batch?.summary == BatchSummary(items: 2, accepted: 1, stopped: 1))
    }

    @Test func aBatchIsCancelledOnceAndMayBeCalledOffLater() throws {
        let (record, _) = begin(BatchStopRequest(taskIds: ["a"]))
        let once = try #require(BatchMachine.cancel(record, by: "ann", reason: "no", withdraws: false))
        #expect(once.batch?.cancelled == true && once.batch?.withdraws == false)
        #expect(BatchMachine.cancel(once, by: "bob", reason: "too", withdraws: false) == nil)
        let off = try #require(BatchMachine.cancel(once, by: "bob", reason: "too", withdraws: true))
        #expect(off.batch?.withdraws == true && off.batch?.cancelledBy == "ann" && off.batch?.cancelledReason == "no")
        #expect(BatchMachine.cancel(off, by: "bob", reason: "", withdraws: true) == nil)
        var over = record
        over.batch?.state = .finished
        #expect(BatchMachine.cancel(over, by: "bob", reason: "", withdraws: true) == nil)
    }
}
