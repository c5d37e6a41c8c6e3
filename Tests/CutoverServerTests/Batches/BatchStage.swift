import CutoverModel
import CutoverRPC
@testable import CutoverServer
import CutoverServices
import CutoverTasks
import CutoverWire
import Logging
import Synchronization

/// The batches of one server process over a store in memory. No task runs by itself: the test ends each stop as it likes.
struct BatchStage {
    static let deadline = Duration.seconds(60)

    let store: InterceptedStore
    let clock: SettableClock
    let ledger: TaskLedger
    let context: BatchContext
    let batches: BatchPool
    let service: BatchStopService

    init(store: InterceptedStore = InterceptedStore(base: InMemoryTaskStore()), clock: SettableClock = SettableClock())
        async
    {
        self.store = store
        self.clock = clock
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        ledger = TaskLedger(store: store, nowMs: { clock.nowMs })
        let board = ProgressBoard()
        let runners = RunnerContext(
            ledger: ledger, replicator: ScriptedReplicator(),
            vault: PasswordVault(key: [UInt8](repeating: 7, count: 32), secretsDirectory: nil, environment: [:]),
            board: board, logger: logger, drainDeadlineMs: 60_000, phaseDeadlineMs: 60_000)
        let pool = RunnerPool(context: runners)
        // A pool that is shut down begins nothing: stops go on when the test says so.
        await pool.shutDown()
        context = BatchContext(ledger: ledger, pool: pool, board: board, drainDeadlineMs: 60_000, logger: logger)
        batches = BatchPool(context: context)
        service = BatchStopService(batches: batches)
    }

    /// Ends this process and begins another one over the same store.
    func restarted() async throws -> BatchStage {
        await batches.shutDown()
        store.before(nil)
        store.after(nil)
        let next = await BatchStage(store: store, clock: clock)
        _ = try await next.batches.start()
        return next
    }

    // MARK: - Tasks

    /// Tasks in this status, named as their ids.
    func add(
        _ ids: [String], _ status: TaskStatus = .pendingStart, labels: [TaskLabel] = [], createdAtMs: Int64 = 1,
        change: (inout TaskRecord) -> Void = { _ in }
    ) async throws {
        let untouched: Set<TaskStatus> = [.creating, .createFailed, .configuration, .pendingStart]
        for start in stride(from: 0, to: ids.count, by: 1_000) {
            let writes = ids[start..<min(start + 1_000, ids.count)].map { id in
                var record = TaskRecord(
                    id: id, name: id, status: status, createdAtMs: createdAtMs, updatedAtMs: createdAtMs)
                record.labels = labels
                record.destinationTouched = !untouched.contains(status)
                record.epoch = record.destinationTouched ? 3 : 0
                record.copyDone = status == .incrementalMigration || status == .paused
                change(&record)
                return TaskWrite(
                    record: record, expectedRevision: 0, from: .unspecified, actor: "ann", action: "create",
                    atMs: createdAtMs)
            }
            _ = try await store.apply(writes)
        }
    }

    /// A stop of one task alone, of no batch.
    func stopAlone(_ id: String, _ order: StopOrder) async throws {
        let ledger = ledger
        _ = try await ledger.write(id, actor: "bob") { state in
            guard case .accepted(let transition) = try StopMachine.decide(order, for: state, nowMs: ledger.nowMs())
            else { throw StageError.notAccepted }
            return transition
        }
    }

    /// Changes a task in a way that concerns nobody, but for its revision.
    func touch(_ id: String) async throws {
        _ = try await ledger.write(id, actor: "rival") { state in
            var state = state
            state.record.labels.append(TaskLabel(key: "touched", value: ""))
            return TaskTransition(state: state, action: "touch")
        }
    }

    enum Ending: CaseIterable {
        case stopped, failed, deadline, calledOff
    }

    /// Brings a task's stop to its end; does nothing when it has ended. A stop past its point of no return can only stop or fail.
    func end(_ id: String, _ ending: Ending = .stopped) async throws {
        guard let stop = try await store.state(of: id)?.stop, stop.endedAtMs == 0, stop.phase != .failed else { return }
        switch ending {
        case .failed: try await step(.failed(TaskFailure(code: "X", message: "x")), id)
        case .deadline: try await step(.deadlinePassed(nil, blocker: ""), id)
        case .calledOff:
            let ledger = ledger
            _ = try await ledger.write(id, actor: "bob") { state in
                guard
                    case .withdrawn(let transition) = try StopMachine.cancel(
                        state, actor: "bob", reason: "", nowMs: ledger.nowMs())
                else { throw StageError.notAccepted }
                return transition
            }
        case .stopped:
            if stop.phase == .accepted {
                let counters = StopCounters(MigrationProgress(appliedPosition: "0-1-5"))
                try await step(.drainBegan(requestedPosition: "0-1-5", objectsKnownAtMs: 1), id)
                try await step(.drainEnded(counters, reached: "0-1-5"), id)
                try await step(.triggersMoved([]), id)
                try await step(.eventsMoved([]), id)
            }
            try await step(.released(StopRelease(fenceEpoch: 3), nil), id)
        }
    }

    private func step(_ step: StopStep, _ id: String) async throws {
        guard let stop = try await store.state(of: id)?.stop else { throw StageError.noTask }
        guard try await ledger.report(step, stop: stop) != nil else { throw StageError.notAccepted }
    }

    func status(_ id: String) async throws -> TaskStatus? { try await store.state(of: id)?.record.status }

    // MARK: - Calls

    static func call(
        _ method: RPCMethod = BatchStopServiceMethods.batchStop, permissions: RPCPermissions = .all
    ) -> CallContext {
        CallContext(
            method: method, deadline: nil, metadata: Metadata(), remoteAddress: "unix", identity: "ann",
            permissions: permissions)
    }

    /// All events of a batch stop's stream.
    func stop(_ request: BatchStopRequest, as permissions: RPCPermissions = .all) async throws -> BatchEvents {
        let service = service
        let call = Self.call(permissions: permissions)
        return try await collect { try await service.batchStop(request, context: call, writer: $0) }
    }

    /// All events of a watch.
    func watch(_ id: String, onlyChanges: Bool = false) async throws -> BatchEvents {
        let service = service
        return try await collect { writer in
            try await service.watchBatchStop(
                WatchBatchStopRequest(batchId: id, onlyChanges: onlyChanges),
                context: Self.call(BatchStopServiceMethods.watchBatchStop), writer: writer)
        }
    }

    /// The status and reason with which a batch is refused; nil when it is not.
    func refusal(of request: BatchStopRequest) async throws -> RPCError? {
        do {
            _ = try await stop(request)
            return nil
        } catch let error as RPCError {
            return error
        }
    }

    private func collect(
        _ body: @escaping @Sendable (ItemWriter<BatchStopEvent>) async throws -> Void
    ) async throws -> BatchEvents {
        let events = Recorder()
        try await bounded("the stream ended") { try await body(ItemWriter { events.add($0) }) }
        return BatchEvents(events.all)
    }

    @discardableResult
    func cancel(_ id: String, reason: String, withdraw: Bool = false) async throws -> StopBatch {
        try await service.cancelBatchStop(
            CancelBatchStopRequest(batchId: id, reason: reason, withdraw: withdraw),
            context: Self.call(BatchStopServiceMethods.cancelBatchStop))
    }

    func get(_ request: GetBatchStopRequest) async throws -> GetBatchStopResponse {
        try await service.getBatchStop(request, context: Self.call(BatchStopServiceMethods.getBatchStop))
    }

    func batch(_ id: String) async throws -> StopBatch {
        guard let batch = try await batch(orNil: id) else { throw StageError.noTask }
        return batch
    }

    func batch(orNil id: String) async throws -> StopBatch? { try await store.batch(id: id)?.batch }

    /// Every stored item, in order.
    func items(_ id: String) async throws -> [BatchItem] {
        let pages = try await store.batch(id: id)?.pages ?? 0
        var items: [BatchItem] = []
        for index in 0..<pages { items += try await store.batchPage(id: id, index: index)?.items ?? [] }
        return items
    }

    // MARK: - Waiting

    /// Waits, from revision to revision, until a batch is as it should be.
    @discardableResult
    func reach(
        _ what: String, _ id: String, _ isMet: @escaping @Sendable (StopBatch) async throws -> Bool
    ) async throws -> StopBatch {
        let store = store
        return try await bounded(what) {
            while true {
                let revision = try await store.revision()
                if let batch = try await store.batch(id: id)?.batch, try await isMet(batch) { return batch }
                try await store.waitForRevision(above: revision)
            }
        }
    }

    @discardableResult
    func finished(_ id: String) async throws -> StopBatch {
        try await reach("finished", id) { $0.state == .finished }
    }

    func bounded<Value: Sendable>(
        _ what: String, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: Self.deadline)
                throw StageError.never(what)
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw StageError.never(what) }
            return first
        }
    }
}

/// What a stream has told so far.
final class Recorder: Sendable {
    private let events = Mutex<[BatchStopEvent]>([])

    var all: [BatchStopEvent] { events.withLock { $0 } }
    func add(_ event: BatchStopEvent) { events.withLock { $0.append(event) } }
}

/// The events of one stream, by kind.
struct BatchEvents {
    let all: [BatchStopEvent]

    init(_ all: [BatchStopEvent]) { self.all = all }

    var accepted: BatchAccepted? { all.first?.accepted }
    var items: [BatchItem] { all.compactMap(\.item) }
    var summary: BatchSummary? { all.last?.summary }
    /// The last result of each task.
    var last: [String: BatchItem] { Dictionary(items.map { ($0.taskId, $0) }, uniquingKeysWith: { $1 }) }
    var results: [String: StopItemResult] { last.mapValues(\.result) }
}
