import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// Tells one client about a batch: each item as it is decided, again when its stop has ended, and what they add up to.
///
/// Reads the durable pages at the client's own pace, so that a slow client slows nobody and nothing waits in memory but the items
/// whose last message is still to come.
struct BatchStream {
    let context: BatchContext
    let writer: ItemWriter<BatchStopEvent>
    let batchID: String
    /// True to go on until each stop has ended; else until each item is decided.
    let waits: Bool
    /// True to leave out what is final at the beginning.
    let onlyChanges: Bool

    /// The next item that was not told yet. Items of a page are decided in order.
    private var page: UInt32 = 0
    private var offset = 0
    /// Items told whose stops go on.
    private var open: [String: BatchItem] = [:]
    private var summary = BatchSummary()

    init(
        context: BatchContext, writer: ItemWriter<BatchStopEvent>, batchID: String, waits: Bool,
        onlyChanges: Bool = false
    ) {
        self.context = context
        self.writer = writer
        self.batchID = batchID
        self.waits = waits
        self.onlyChanges = onlyChanges
    }

    /// Tells everything up to the summary.
    mutating func run() async throws {
        let store = context.store
        var position = try await store.revision()
        var told: UInt64 = 0
        while true {
            try Task.checkCancellation()
            guard let record = try await store.batch(id: batchID), let batch = record.batch else {
                throw ServiceErrors.unknownBatch
            }
            // Others write to the store too: pages are read only when something of this batch is new.
            if batch.revision != told { try await tellDecided(record, quietly: onlyChanges && told == 0) }
            told = batch.revision
            if batch.state == .finished { try await tellEnded(Array(open.keys)) }
            if batch.state == .finished || (!waits && batch.state != .accepting) { break }
            try await store.waitForRevision(above: position)
            position = try await followLog(after: position)
        }
        try await writer.write(BatchStopEvent(summary: summary))
    }

    /// Items that were decided since.
    private mutating func tellDecided(_ record: BatchRecord, quietly: Bool) async throws {
        while page < record.pages {
            let items = try await context.page(batchID, page).items
            let decided = Array(items[offset...].prefix { !$0.isPending })
            offset += decided.count
            // Of what ended before it is read here, the log has been followed already: look at the stops themselves.
            for var item in waits ? try await context.current(decided) : decided {
                summary.add(item)
                if item.isOpen, waits { open[item.taskId] = item }
                if !waits { item.final = true }
                if !quietly || !item.final { try await writer.write(BatchStopEvent(item: item)) }
            }
            guard offset >= items.count else { return }
            page += 1
            offset = 0
        }
    }

    /// Reads the log on, and tells of stops that have ended.
    private mutating func followLog(after revision: UInt64) async throws -> UInt64 {
        // Nothing that was told goes on: what the log has does not matter, and what is told next is read later than this.
        guard !open.isEmpty else { return try await context.store.revision() }
        var position = revision
        var touched = Set<String>()
        while true {
            let events: [TaskEvent]
            do {
                events = try await context.store.events(after: position, limit: BatchContext.logPage)
            } catch let error as TaskStoreError where error.code == .compacted {
                position = try await context.store.revision()
                touched = Set(open.keys)
                break
            }
            guard let last = events.last else { break }
            for event in events where open[event.taskId] != nil { touched.insert(event.taskId) }
            position = last.revision
        }
        try await tellEnded(Array(touched))
        return position
    }

    private mutating func tellEnded(_ tasks: [String]) async throws {
        let items = tasks.compactMap { open[$0] }
        for start in stride(from: 0, to: items.count, by: BatchMachine.maxPageItems) {
            let some = Array(items[start..<min(start + BatchMachine.maxPageItems, items.count)])
            for (old, now) in zip(some, try await context.standing(of: some)) where now.final {
                open[now.taskId] = nil
                summary.replace(old, by: now)
                try await writer.write(BatchStopEvent(item: now))
            }
        }
    }
}
