import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import Synchronization
import Testing

@Suite struct WatchServiceTests {
    /// What a watcher was sent, and whether it takes more.
    final class Watcher: Sendable {
        let events = Mutex<[WatchEvent]>([])
        let takes = Mutex(true)
        /// Called when something is to be sent, before it is taken.
        let onWrite = Mutex<(@Sendable () -> Void)?>(nil)

        var all: [WatchEvent] { events.withLock { $0 } }
        var kinds: [WatchKind] { all.map(\.kind) }

        var writer: ItemWriter<WatchEvent> {
            ItemWriter { [self] event in
                onWrite.withLock { $0 }?()
                while !takes.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
                try Task.checkCancellation()
                events.withLock { $0.append(event) }
            }
        }
    }

    func service(_ stage: Stage) -> WatchService {
        WatchService(
            ledger: stage.context.ledger, view: TaskView(ledger: stage.context.ledger, board: stage.context.board))
    }

    /// Watches until the condition holds.
    func watch(
        _ stage: Stage, _ request: WatchTasksRequest, _ watcher: Watcher = Watcher(),
        while act: () async throws -> Void = {}, until isMet: @escaping @Sendable (Watcher) -> Bool
    ) async throws -> Watcher {
        let service = service(stage)
        let running = Task { try await service.run(request, writer: watcher.writer) }
        try await act()
        try await stage.condition("watched") { isMet(watcher) }
        running.cancel()
        _ = await running.result
        return watcher
    }

    func add(_ id: String, name: String = "", labels: [TaskLabel] = [], to stage: Stage) async throws {
        let created = TaskMachine.create(id: id, name: name.isEmpty ? id : name, labels: labels, nowMs: 1)
        _ = try await stage.store.apply([
            TaskWrite(
                record: created.state.record, expectedRevision: 0, from: .unspecified, actor: "ann",
                action: created.action, atMs: 1)
        ])
    }

    /// A change of a task that leaves its status alone.
    func touch(_ id: String, _ stage: Stage) async throws {
        _ = try await stage.context.ledger.write(id, actor: "ann") { TaskTransition(state: $0, action: "touch") }
    }

    func refusal(_ stage: Stage, _ request: WatchTasksRequest) async -> RPCError? {
        do {
            try await service(stage).run(request, writer: Watcher().writer)
            return nil
        } catch {
            return error as? RPCError
        }
    }

    @Test func firstThePresentStateThenEveryChangeOnce() async throws {
        let stage = Stage()
        for id in ["a", "b", "c"] { try await add(id, to: stage) }
        let begin = try await stage.store.revision()
        let watcher = try await watch(
            stage, WatchTasksRequest(),
            while: {
                for _ in 0..<5 { for id in ["a", "b", "c"] { try await touch(id, stage) } }
            }, until: { $0.all.last?.revision == begin + 15 && $0.kinds.contains(.presentEnd) })
        let end = try #require(watcher.kinds.firstIndex(of: .presentEnd))
        #expect(watcher.all[..<end].map(\.taskId) == ["a", "b", "c"])
        #expect(watcher.all[..<end].allSatisfy { $0.kind == .present && $0.event == nil })
        let from = watcher.all[end].revision
        #expect(from >= begin)
        let changes = watcher.all.dropFirst(end + 1)
        #expect(changes.allSatisfy { $0.kind == .change && $0.task != nil })
        let expected = try await stage.store.events(after: from, limit: 1_000)
        #expect(changes.compactMap(\.event) == expected, "each change once, in order")
    }

    /// More tasks than are read at a time; the last page is full, and of those named the last has one.
    @Test func thePresentStateIsReadPageByPage() async throws {
        let stage = Stage()
        let ids = (0..<2 * WatchService.statePage).map { "t\($0)" }
        for id in ids { try await add(id, to: stage) }
        let all = try await watch(stage, WatchTasksRequest()) { $0.kinds.contains(.presentEnd) }
        #expect(all.all.dropLast().map(\.taskId) == ids)
        let named = Array(ids.prefix(WatchService.statePage + 1))
        let some = try await watch(stage, WatchTasksRequest(taskIds: named)) { $0.kinds.contains(.presentEnd) }
        #expect(some.all.dropLast().map(\.taskId) == named.sorted())
    }

    /// A task changes after it was read and before its listing has ended.
    @Test func whatChangesWhileThePresentStateIsSentIsToldAfterwards() async throws {
        let stage = Stage()
        for id in ["a", "b"] { try await add(id, to: stage) }
        let revision = try await stage.store.revision()
        let watcher = Watcher()
        let reads = Mutex(0)
        watcher.takes.withLock { $0 = false }
        watcher.onWrite.withLock { $0 = { reads.withLock { $0 += 1 } } }
        _ = try await watch(
            stage, WatchTasksRequest(), watcher,
            while: {
                try await stage.condition("both were read") { reads.withLock { $0 } > 0 }
                try await touch("a", stage)
                watcher.takes.withLock { $0 = true }
            }, until: { $0.kinds.contains(.change) })
        #expect(watcher.kinds == [.present, .present, .presentEnd, .change])
        #expect(watcher.all.map(\.revision) == [revision, revision, revision, revision + 1])
        #expect(watcher.all.last?.taskId == "a")
    }

    @Test func fromARevisionNothingIsMissedAndNothingTwice() async throws {
        let stage = Stage()
        try await add("a", to: stage)
        for _ in 0..<2_500 { try await touch("a", stage) }
        let watcher = try await watch(stage, WatchTasksRequest(afterRevision: 100)) { $0.all.count >= 2_401 }
        #expect(watcher.all.map(\.revision) == Array(101...2_501))
        #expect(watcher.kinds.allSatisfy { $0 == .change })
    }

    @Test func whatIsNoLongerKeptIsListedAnew() async throws {
        let stage = Stage(store: InMemoryTaskStore(eventsKept: 10))
        for id in ["a", "b"] { try await add(id, to: stage) }
        for _ in 0..<50 { try await touch("a", stage) }
        let watcher = try await watch(stage, WatchTasksRequest(afterRevision: 1)) { $0.kinds.contains(.presentEnd) }
        #expect(watcher.kinds == [.relist, .present, .present, .presentEnd])
        #expect(watcher.all.last?.revision == 52)
    }

    @Test func aPlaceBeyondTheLogIsAnotherStores() async throws {
        let stage = Stage()
        try await add("a", to: stage)
        let watcher = try await watch(stage, WatchTasksRequest(afterRevision: 999)) { $0.kinds.contains(.presentEnd) }
        #expect(watcher.kinds == [.relist, .present, .presentEnd])
    }

    /// The log moves on while a client takes nothing: it is told to list anew, and was buffered for nowhere.
    @Test func aSlowWatcherIsToldToListAnew() async throws {
        let stage = Stage(store: InMemoryTaskStore(eventsKept: 10))
        try await add("a", to: stage)
        let watcher = Watcher()
        _ = try await watch(
            stage, WatchTasksRequest(), watcher,
            while: {
                try await stage.condition("listed") { watcher.kinds.contains(.presentEnd) }
                watcher.takes.withLock { $0 = false }
                for _ in 0..<3_000 { try await touch("a", stage) }
                watcher.takes.withLock { $0 = true }
            }, until: { $0.kinds.contains(.relist) && $0.kinds.last == .presentEnd })
        #expect(watcher.all.count < 100)
        #expect(watcher.all.last?.revision == 3_001)
    }

    @Test func filtersAreJoined() async throws {
        let stage = Stage()
        let blue = [TaskLabel(key: "team", value: "blue")]
        try await add("a", name: "shop-1", labels: blue, to: stage)
        try await add("b", name: "shop-2", to: stage)
        try await add("c", name: "bank-1", labels: blue, to: stage)
        let requests: [(WatchTasksRequest, [String])] = [
            (WatchTasksRequest(nameGlob: "shop-*"), ["a", "b"]), (WatchTasksRequest(labels: blue), ["a", "c"]),
            (WatchTasksRequest(nameGlob: "shop-?", labels: blue), ["a"]),
            (WatchTasksRequest(taskIds: ["b", "c"], labels: blue), ["c"]),
            (WatchTasksRequest(statuses: [.stopped]), []), (WatchTasksRequest(statuses: [.creating]), ["a", "b", "c"]),
        ]
        for (request, ids) in requests {
            let present = try await watch(stage, request) { $0.kinds.contains(.presentEnd) }
            #expect(present.all.dropLast().map(\.taskId) == ids, "\(request)")
            var after = request
            after.afterRevision = try await stage.store.revision()
            for id in ["a", "b", "c"] { try await touch(id, stage) }
            let expected = ids.count
            let changes = try await watch(stage, after) { $0.all.count >= expected }
            #expect(changes.all.map(\.taskId) == ids, "\(request)")
        }
    }

    @Test func leavingAStatusIsTold() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        let revision = try await stage.store.revision()
        try await stage.stop(StopOrder(stopID: "s1", reason: "x"))
        try await stage.reach(.stopped)
        let leaving = try await watch(
            stage, WatchTasksRequest(afterRevision: revision, statuses: [.incrementalMigration])
        ) { !$0.all.isEmpty }
        #expect(leaving.all.first?.event?.from == .incrementalMigration)
        #expect(
            leaving.all.allSatisfy { $0.event?.from == .incrementalMigration || $0.event?.to == .incrementalMigration })
        let end = try await watch(stage, WatchTasksRequest(afterRevision: revision, statuses: [.stopped])) {
            !$0.all.isEmpty
        }
        #expect(end.all.count == 1 && end.all.first?.stop?.drained == true)
        await stage.pool.shutDown()
    }

    @Test func aStopIsFollowedToItsEndAlsoWhenALaterOneTakesItsPlace() async throws {
        let stage = Stage()
        try await stage.createAndFollow("t1")
        try await stage.createAndFollow("t2")
        stage.replicator.change { $0.drainsFlow = false }
        for id in ["t1", "t2"] { try await stage.stop(StopOrder(stopID: "s-\(id)"), id) }
        try await stage.reach("draining", "t1") { $0.stop?.phase == .draining }
        let revision = try await stage.store.revision()
        _ = try await stage.context.ledger.write("t1", actor: "ann") { state in
            guard case .withdrawn(let transition) = try StopMachine.cancel(state, actor: "ann", reason: "", nowMs: 1)
            else { throw StageError.notAccepted }
            return transition
        }
        await stage.pool.poke("t1")
        try await stage.stop(StopOrder(stopID: "s-new"), "t1")
        let watcher = try await watch(stage, WatchTasksRequest(afterRevision: revision, stopIds: ["s-t1"])) {
            $0.all.contains { $0.event?.action == "stop.withdrawn" }
        }
        #expect(watcher.all.allSatisfy { $0.taskId == "t1" })
        #expect(await refusal(stage, WatchTasksRequest(stopIds: ["gone"]))?.reason == "UNKNOWN_STOP")
        await stage.pool.shutDown()
    }

    @Test func aBatchIsToldWithItsTasks() async throws {
        let stage = Stage()
        for id in ["a", "b", "c"] { try await add(id, to: stage) }
        let store = stage.store
        let states = try await store.states(of: ["a", "b"])
        let writes = try states.compactMap(\.self).map { state in
            let order = StopOrder(stopID: "s-\(state.record.id)", batchID: "batch")
            guard case .accepted(let transition) = try StopMachine.decide(order, for: state, nowMs: 1) else {
                throw StageError.notAccepted
            }
            return stage.context.ledger.makeWrite(transition, before: state, actor: "ann")
        }
        let record = BatchRecord(batch: StopBatch(id: "batch", named: 2))
        let before = try await store.revision()
        _ = try await store.apply(
            BatchWrite(record: record, expectedRevision: 0, actor: "ann", action: "batch.accepted", atMs: 1),
            with: writes, atomically: false)
        try await touch("c", stage)
        let watcher = try await watch(stage, WatchTasksRequest(afterRevision: before, batchId: "batch")) {
            $0.all.count >= 3
        }
        #expect(watcher.all.map(\.taskId) == ["a", "b", ""])
        #expect(watcher.all.last?.event?.batchId == "batch" && watcher.all.last?.batch?.named == 2)
        let tasks = try await watch(stage, WatchTasksRequest(afterRevision: before)) { $0.all.count >= 3 }
        #expect(tasks.all.map(\.taskId) == ["a", "b", "c"], "without the batch, its changes are not told")
        #expect(await refusal(stage, WatchTasksRequest(batchId: "none"))?.reason == "UNKNOWN_BATCH")
    }

    /// Who reads the log late finds the task with another stop, or none at all; what was done about the batch's stop is told all the
    /// same, and what was done about the other one is not.
    @Test(arguments: [false, true]) func aBatchsStopIsToldToItsEndAlsoWhenALaterOneTookItsPlace(isDeleted: Bool)
        async throws
    {
        let stage = Stage()
        let store = stage.store
        for id in ["a", "b"] {
            let record = TaskRecord(
                id: id, name: id, status: .incrementalMigration, epoch: 3, destinationTouched: true, copyDone: true)
            _ = try await store.apply([
                TaskWrite(
                    record: record, expectedRevision: 0, from: .unspecified, actor: "ann", action: "test", atMs: 1)
            ])
        }
        let ledger = stage.context.ledger
        let order: @Sendable (StopOrder) async throws -> Void = { order in
            _ = try await ledger.write("a", actor: "ann") { state in
                guard case .accepted(let transition) = try StopMachine.decide(order, for: state, nowMs: 1) else {
                    throw StageError.notAccepted
                }
                return transition
            }
        }
        _ = try await store.apply(
            BatchWrite(
                record: BatchRecord(batch: StopBatch(id: "batch", named: 1)), expectedRevision: 0, actor: "ann",
                action: "batch.accepted", atMs: 1), with: [], atomically: false)
        let before = try await store.revision()
        try await order(StopOrder(stopID: "s1", batchID: "batch"))
        _ = try await ledger.write("a", actor: "bob") { state in
            guard case .withdrawn(let transition) = try StopMachine.cancel(state, actor: "bob", reason: "", nowMs: 2)
            else { throw StageError.notAccepted }
            return transition
        }
        try await touch("b", stage)
        try await order(StopOrder(stopID: "s2", reason: "fire", mode: .forced))
        if isDeleted {
            _ = try await ledger.write("a", actor: "ann", attachments: .init(deletes: true)) {
                TaskTransition(state: $0, action: "delete")
            }
        }
        let end = try await store.revision()
        _ = try await store.apply(
            BatchWrite(
                record: BatchRecord(batch: StopBatch(id: "batch", state: .finished)), expectedRevision: before,
                actor: "ann", action: "batch.progress", atMs: 1), with: [], atomically: false)
        let watcher = try await watch(stage, WatchTasksRequest(afterRevision: before, batchId: "batch")) {
            ($0.all.last?.revision ?? 0) > end
        }
        #expect(watcher.all.map { $0.event?.action } == ["stop.accepted", "stop.withdrawn", "batch.progress"])
        #expect(watcher.all.map(\.taskId) == ["a", "a", ""])
        #expect(watcher.all.dropLast().allSatisfy { $0.task == nil } == isDeleted)
    }

    @Test func aDeletionIsTold() async throws {
        let stage = Stage()
        try await add("a", name: "shop", to: stage)
        let revision = try await stage.store.revision()
        _ = try await stage.context.ledger.write("a", actor: "ann", attachments: .init(deletes: true)) {
            TaskTransition(state: $0, action: "delete")
        }
        let watcher = try await watch(stage, WatchTasksRequest(afterRevision: revision, nameGlob: "shop")) {
            !$0.all.isEmpty
        }
        #expect(watcher.all.first?.taskId == "a" && watcher.all.first?.task == nil)
        #expect(watcher.all.first?.event?.action == "delete")
    }

    /// Changes that never cease do not keep progress from being sent.
    @Test func progressIsSentBetweenChanges() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        try await add("other", to: stage)
        stage.replicator.change {
            $0.drainsFlow = false
            $0.shown = MigrationProgress(rowsApplied: 1, blocker: "waiting for a lock")
        }
        try await stage.stop(StopOrder(stopID: "s1"))
        try await stage.reach("draining") { $0.stop?.phase == .draining }
        let revision = try await stage.store.revision()
        let watcher = Watcher()
        _ = try await watch(
            stage, WatchTasksRequest(afterRevision: revision, progressIntervalMs: 100), watcher,
            while: {
                for turn in 2..<200 where watcher.kinds.count(where: { $0 == .progress }) < 3 {
                    stage.replicator.change { $0.shown.rowsApplied = UInt64(turn) }
                    try await touch("other", stage)
                    try await Task.sleep(for: .milliseconds(5))
                }
            }, until: { $0.kinds.count(where: { $0 == .progress }) >= 3 })
        let progress = watcher.all.filter { $0.kind == .progress }
        #expect(progress.allSatisfy { $0.event == nil && $0.taskId == "t1" && $0.task?.progress != nil })
        #expect(progress.last?.stop?.blocker == "waiting for a lock" && (progress.last?.stop?.rowsApplied ?? 0) > 1)
        #expect(watcher.kinds.contains(.change))
        await stage.pool.shutDown()
    }

    /// Progress is that of tasks that fit, and told again only when it is another one.
    @Test func progressIsToldOfTasksThatFitAndOnce() async throws {
        let stage = Stage()
        for id in ["t1", "u1"] { try await stage.createAndFollow(id) }
        stage.replicator.change { $0.shown = MigrationProgress(rowsApplied: 1) }
        let revision = try await stage.store.revision()
        let watcher = Watcher()
        _ = try await watch(
            stage, WatchTasksRequest(afterRevision: revision, progressIntervalMs: 100, nameGlob: "t*"), watcher,
            while: {
                try await stage.condition("told") { watcher.kinds.contains(.progress) }
                // Looks at both tasks' workers, each of several at every interval, and nobody else looks here.
                let reads = stage.replicator.read(\.statusReads)
                try await stage.condition("looked again") { stage.replicator.read(\.statusReads) > reads + 20 }
                stage.replicator.change { $0.shown.rowsApplied = 2 }
            }, until: { $0.all.contains { $0.task?.progress?.rowsApplied == 2 } })
        #expect(watcher.all.map(\.taskId) == ["t1", "t1"] && watcher.kinds == [.progress, .progress])
        #expect(watcher.all.map { $0.task?.progress?.rowsApplied } == [1, 2])
        await stage.pool.shutDown()
    }

    @Test func badRequestsAreRefused() async throws {
        let stage = Stage()
        let many = (0...WatchService.maxWatchedTasks).map(String.init)
        let requests = [
            WatchTasksRequest(taskIds: many), WatchTasksRequest(stopIds: many), WatchTasksRequest(taskIds: [""]),
            WatchTasksRequest(progressIntervalMs: 99), WatchTasksRequest(progressIntervalMs: 60_001),
            WatchTasksRequest(statuses: [.unrecognized(99)]), WatchTasksRequest(nameGlob: "a\u{0}b"),
            WatchTasksRequest(labels: [TaskLabel(key: "", value: "x")]),
        ]
        for request in requests { #expect(await refusal(stage, request)?.status == .invalidArgument) }
        #expect(await refusal(stage, WatchTasksRequest(taskIds: ["none"]))?.reason == "UNKNOWN_TASK")
    }
}
