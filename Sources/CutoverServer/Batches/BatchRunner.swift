import CutoverModel
internal import CutoverTasks
internal import Logging

/// Carries one batch out: accepts its stops group by group, follows them to their ends, and keeps its record.
///
/// Driven by the durable record alone, so that a restarted server takes up exactly what was left; no client is needed. In memory
/// there are one page, and the stops that are in progress.
actor BatchRunner {
    /// How long changes of items are gathered before they are written, in milliseconds.
    static let gatherMs: Int64 = 100
    /// Wait before a batch is taken up again after the store failed.
    static let storeRetryMs: Int64 = 1_000
    /// Pages that are rewritten in one commit.
    static let pagesOfAWrite = 10

    /// Where the item of a stop in progress stands.
    struct Place: Sendable, Hashable {
        var page: UInt32
        var stopID: String
    }

    let batchID: String
    let context: BatchContext
    let logger: Logger
    /// By task: the stops in progress.
    var open: [String: Place] = [:]
    /// Tasks that were named, so that the selector does not name them again; read when the selector is first asked.
    var named: Set<String>?
    /// The next group, made while the last one was written.
    var ahead: GroupAhead?
    /// The log was followed up to here.
    var position: UInt64 = 0
    /// Items that count towards `stop_after_failures`.
    var failures = 0
    /// How many stops the next group may accept; less after a task had changed while the last one was decided.
    var maxChanges = BatchMachine.maxPageItems
    /// Tasks in progress of which the log told something that is not looked at yet.
    private var touched: Set<String> = []
    private var settledAt: ContinuousClock.Instant?
    private var hasWithdrawn = false
    private var loop: Task<Void, Never>?
    private var waiting: Task<Void, any Error>?

    init(batchID: String, context: BatchContext) {
        self.batchID = batchID
        self.context = context
        var logger = context.logger
        logger[metadataKey: "batch"] = "\(batchID)"
        self.logger = logger
    }

    /// Begins, or looks at the record again when it has begun: somebody changed it.
    func begin(onEnd: @escaping @Sendable () async -> Void) {
        waiting?.cancel()
        guard loop == nil else { return }
        loop = Task { [weak self] in
            await self?.run()
            await onEnd()
        }
    }

    /// Ends without any change: the next start takes up what is left.
    func shutDown() async {
        loop?.cancel()
        await loop?.value
    }

    private func run() async {
        while !Task.isCancelled {
            do {
                try await takeUp()
                while !Task.isCancelled {
                    guard try await step() else { return }
                }
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("the batch was interrupted", metadata: ["kind": "\(type(of: error))"])
                try? await Task.sleep(for: .milliseconds(Self.storeRetryMs))
            }
        }
    }

    /// Finds the stops that are in progress, before the log is followed.
    private func takeUp() async throws {
        open = [:]
        named = nil
        ahead = nil
        failures = 0
        hasWithdrawn = false
        position = try await context.store.revision()
        guard let record = try await context.store.batch(id: batchID), record.batch?.state != .finished else { return }
        for index in 0..<min(record.pages, record.openPage &+ 1) {
            guard let page = try await context.store.batchPage(id: batchID, index: index) else { continue }
            note(page)
        }
        // What ended between the page and the log's present end has no event to come.
        touched = Set(open.keys)
        try await settleTouched()
    }

    /// Takes in what a page says that was written, or read, with everything in it decided by this batch.
    func note(_ page: BatchPage, over old: BatchPage? = nil) {
        for (place, item) in page.items.enumerated() where old?.items[place] != item {
            if item.isOpen { open[item.taskId] = Place(page: page.index, stopID: item.stopId) }
            if item.isFailure { failures += 1 }
        }
    }

    /// One thing that is to be done.
    /// - Returns: false when the batch is over.
    private func step() async throws -> Bool {
        guard let record = try await context.store.batch(id: batchID), let batch = record.batch,
            batch.state != .finished
        else { return false }
        if batch.cancelled, batch.withdraws, !hasWithdrawn {
            try await withdrawAll(batch)
            hasWithdrawn = true
            return true
        }
        try await followLog()
        if !touched.isEmpty, isDue {
            try await settleTouched()
            return true
        }
        if batch.state == .accepting {
            if let why = BatchMachine.ending(batch, failures: failures) {
                try await giveUp(record, why)
                return true
            }
            if BatchMachine.room(batch, inProgress: open.count) > 0 {
                try await acceptGroup(record)
                return true
            }
        } else if open.isEmpty {
            try await finish(record)
            return true
        }
        try await waitForChange()
        return true
    }

    // MARK: - Following

    /// Whether what was touched is to be written now: not more often than the gathering allows, at once for a last one.
    private var isDue: Bool {
        guard open.count > 1, let settledAt else { return true }
        return ContinuousClock.now - settledAt >= .milliseconds(Self.gatherMs)
    }

    /// Waits until something changed, and gathers for a moment.
    private func waitForChange() async throws {
        if touched.isEmpty {
            let store = context.store
            let position = position
            let waiting = Task { try await store.waitForRevision(above: position) }
            self.waiting = waiting
            // Ends early when somebody changed the record, or with the server.
            try? await withTaskCancellationHandler {
                try await waiting.value
            } onCancel: {
                waiting.cancel()
            }
            self.waiting = nil
            try Task.checkCancellation()
        }
        if open.count > 1 { try await Task.sleep(for: .milliseconds(Self.gatherMs)) }
    }

    /// Reads the log on for what is in progress.
    private func followLog() async throws {
        while !open.isEmpty {
            let events: [TaskEvent]
            do {
                events = try await context.store.events(after: position, limit: BatchContext.logPage)
            } catch let error as TaskStoreError where error.code == .compacted {
                position = try await context.store.revision()
                touched = Set(open.keys)
                return
            }
            guard let last = events.last else { return }
            for event in events where open[event.taskId] != nil { touched.insert(event.taskId) }
            position = last.revision
        }
    }

    /// Takes in what ended of the stops that something was told of.
    private func settleTouched() async throws {
        settledAt = .now
        var pages: [UInt32: Set<String>] = [:]
        for task in touched {
            if let place = open[task] { pages[place.page, default: []].insert(task) }
        }
        let indexes = pages.keys.sorted()
        for start in stride(from: 0, to: indexes.count, by: Self.pagesOfAWrite) {
            let some = indexes[start..<min(start + Self.pagesOfAWrite, indexes.count)]
            try await settle(pages.filter { some.contains($0.key) })
        }
        touched = []
    }

    private func settle(_ tasks: [UInt32: Set<String>]) async throws {
        for _ in 0..<TaskLedger.maxRetries {
            guard var record = try await context.store.batch(id: batchID) else { return }
            var changed: [BatchPage] = []
            var ended: [BatchItem] = []
            for (index, wanted) in tasks {
                guard let page = try await context.store.batchPage(id: batchID, index: index) else { continue }
                let followed = page.items.filter { $0.isOpen && wanted.contains($0.taskId) }
                let standing = try await context.standing(of: followed)
                guard let settled = BatchMachine.settle(standing, in: page, of: &record) else { continue }
                changed.append(settled)
                ended += standing.filter(\.final)
            }
            guard !changed.isEmpty else { return }
            BatchMachine.conclude(
                &record, inProgress: open.count - ended.count, nowMs: context.ledger.nowMs())
            let outcome = try await context.write(record, pages: changed, action: "batch.progress")
            guard case .applied = outcome else { continue }
            for item in ended {
                open[item.taskId] = nil
                if item.isFailure { failures += 1 }
            }
            return
        }
        throw LedgerError.contended
    }

    // MARK: - Endings

    /// What is not decided yet is not tried any more; the selector names nothing more.
    private func giveUp(_ record: BatchRecord, _ why: ErrorInfo) async throws {
        var pages: [BatchPage] = []
        var states: [String: TaskState] = [:]
        while pages.count < Self.pagesOfAWrite, record.openPage + UInt32(pages.count) < record.pages {
            let page = try await context.page(batchID, record.openPage + UInt32(pages.count))
            states.merge(try await context.states(of: page.items.filter(\.isPending).map(\.taskId))) { $1 }
            pages.append(page)
        }
        let group = BatchMachine.giveUp(
            pages, of: record, states: states, inProgress: open.count, why, nowMs: context.ledger.nowMs())
        let outcome = try await context.write(group.record, pages: group.pages, action: "batch.ended")
        guard case .applied = outcome else { return }
        for (old, new) in zip(pages, group.pages) { note(new, over: old) }
    }

    /// Everything had ended before the batch was taken up.
    private func finish(_ record: BatchRecord) async throws {
        var record = record
        BatchMachine.conclude(&record, inProgress: 0, nowMs: context.ledger.nowMs())
        _ = try await context.write(record, pages: [], action: "batch.finished")
    }

    /// Calls off the stops of this batch that have not passed their point of no return; the others end as stops.
    private func withdrawAll(_ batch: StopBatch) async throws {
        let tasks = open.keys.sorted()
        for start in stride(from: 0, to: tasks.count, by: BatchMachine.maxPageItems) {
            var left = Array(tasks[start..<min(start + BatchMachine.maxPageItems, tasks.count)])
            for _ in 0..<TaskLedger.maxRetries where !left.isEmpty {
                left = try await withdraw(left, batch)
            }
            guard left.isEmpty else { throw LedgerError.contended }
        }
    }

    /// - Returns: tasks that changed meanwhile, to be tried again.
    private func withdraw(_ tasks: [String], _ batch: StopBatch) async throws -> [String] {
        let states = try await context.states(of: tasks)
        let nowMs = context.ledger.nowMs()
        var writes: [TaskWrite] = []
        for task in tasks {
            guard let state = states[task], let place = open[task],
                case .withdrawn(let transition)? = try? StopMachine.cancel(
                    state, stopID: place.stopID, actor: batch.cancelledBy, reason: batch.cancelledReason,
                    counters: context.board.progress(of: task).map(StopCounters.init), nowMs: nowMs)
            else { continue }
            writes.append(context.ledger.makeWrite(transition, before: state, actor: batch.cancelledBy))
        }
        guard !writes.isEmpty else { return [] }
        var lost: [String] = []
        for (write, outcome) in zip(writes, try await context.store.apply(writes)) {
            if outcome.stands {
                await context.pool.poke(write.record.id)
            } else {
                lost.append(write.record.id)
            }
        }
        return lost
    }
}
