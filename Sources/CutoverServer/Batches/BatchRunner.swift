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
    static let pagesOfAWrite = 50

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
    /// The log was followed up to here.
    var position: UInt64 = 0
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
        position = try await context.store.revision()
        guard let record = try await context.store.batch(id: batchID) else { return }
        for index in 0..<record.pages {
            guard let page = try await context.store.batchPage(id: batchID, index: index) else { continue }
            for item in page.items where !item.isPending && !item.final {
                open[item.taskId] = Place(page: index, stopID: item.stopId)
            }
        }
        // What ended between the page and the log's present end has no event to come.
        try await settle(Set(open.keys))
    }

    /// One thing that is to be done.
    /// - Returns: false when the batch is over.
    private func step() async throws -> Bool {
        guard let record = try await context.store.batch(id: batchID), let batch = record.batch,
            batch.state != .finished
        else { return false }
        if batch.cancelled, batch.withdraws, !hasWithdrawn {
            hasWithdrawn = true
            try await withdrawAll(batch)
            return true
        }
        if batch.state == .accepting {
            if let why = BatchMachine.ending(batch) {
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

    /// Waits until something changed, gathers for a moment, and settles what ended.
    private func waitForChange() async throws {
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
        if open.count > 1 { try await Task.sleep(for: .milliseconds(Self.gatherMs)) }
        var touched = Set<String>()
        while true {
            let events: [TaskEvent]
            do {
                events = try await store.events(after: self.position, limit: BatchContext.logPage)
            } catch let error as TaskStoreError where error.code == .compacted {
                self.position = try await store.revision()
                touched = Set(open.keys)
                break
            }
            guard let last = events.last else { break }
            for event in events where open[event.taskId] != nil { touched.insert(event.taskId) }
            self.position = last.revision
        }
        try await settle(touched)
    }

    /// Takes in what ended of these tasks' stops.
    private func settle(_ tasks: Set<String>) async throws {
        guard !tasks.isEmpty else { return }
        var pages: [UInt32: Set<String>] = [:]
        for task in tasks {
            if let place = open[task] { pages[place.page, default: []].insert(task) }
        }
        let indexes = pages.keys.sorted()
        for start in stride(from: 0, to: indexes.count, by: Self.pagesOfAWrite) {
            let some = indexes[start..<min(start + Self.pagesOfAWrite, indexes.count)]
            try await settle(pages.filter { some.contains($0.key) })
        }
    }

    private func settle(_ tasks: [UInt32: Set<String>]) async throws {
        for _ in 0..<TaskLedger.maxRetries {
            guard var record = try await context.store.batch(id: batchID) else { return }
            var changed: [BatchPage] = []
            var ended: [String] = []
            for (index, wanted) in tasks {
                guard var page = try await context.store.batchPage(id: batchID, index: index) else { continue }
                let places = page.items.indices.filter { place in
                    let item = page.items[place]
                    return wanted.contains(item.taskId) && !item.final && !item.isPending
                }
                var isChanged = false
                let standing = try await context.standing(of: places.map { page.items[$0] })
                for (place, now) in zip(places, standing) where now.final {
                    record.batch?.summary?.replace(page.items[place], by: now)
                    page.items[place] = now
                    ended.append(now.taskId)
                    isChanged = true
                }
                if isChanged { changed.append(page) }
            }
            guard !changed.isEmpty else { return }
            let outcome = try await context.write(record, pages: changed, action: "batch.progress")
            guard case .applied = outcome else { continue }
            for task in ended { open[task] = nil }
            return
        }
        throw LedgerError.contended
    }

    // MARK: - Endings

    /// What is not decided yet is not tried any more; the selector names nothing more.
    private func giveUp(_ record: BatchRecord, _ why: ErrorInfo) async throws {
        var record = record
        var pages: [BatchPage] = []
        var next = record.openPage
        while next < record.pages, pages.count < Self.pagesOfAWrite {
            if let page = try await context.store.batchPage(id: batchID, index: next) {
                let ended = BatchMachine.giveUp(page, why)
                for (old, new) in zip(page.items, ended.items) where old != new {
                    record.batch?.summary?.replace(old, by: new)
                }
                pages.append(ended)
            }
            next += 1
        }
        record.openPage = next
        if next >= record.pages {
            record.selected = true
            record.batch?.state = .running
        }
        _ = try await context.write(record, pages: pages, action: "batch.ended")
    }

    private func finish(_ record: BatchRecord) async throws {
        var record = record
        record.batch?.state = .finished
        record.batch?.endedAtMs = context.ledger.nowMs()
        _ = try await context.write(record, pages: [], action: "batch.finished")
        logger.info("batch finished", metadata: ["items": "\(record.batch?.summary?.items ?? 0)"])
    }

    /// Calls off the stops of this batch that have not passed their point of no return.
    private func withdrawAll(_ batch: StopBatch) async throws {
        for (task, place) in open {
            let ledger = context.ledger
            do {
                _ = try await ledger.write(task, actor: batch.cancelledBy) { state in
                    let decision = try StopMachine.cancel(
                        state, stopID: place.stopID, actor: batch.cancelledBy, reason: batch.cancelledReason,
                        nowMs: ledger.nowMs())
                    guard case .withdrawn(let transition) = decision else { throw LedgerError.stale }
                    return transition
                }
                await context.pool.poke(task)
            } catch is Refusal {
                continue  // Too late: it ends as a stop.
            } catch LedgerError.stale, LedgerError.unknownTask {
                continue
            }
        }
    }
}
