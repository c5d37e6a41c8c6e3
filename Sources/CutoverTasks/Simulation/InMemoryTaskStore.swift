package import CutoverModel

/// A `TaskStore` in memory with the contract of the durable ones: for simulations, and the model their tests compare with.
///
/// Nothing survives the process. One call is one commit, so that runs with the same calls give the same revisions.
package actor InMemoryTaskStore: TaskStore {
    struct Entry {
        /// Place in the order of creation; never used twice.
        var position: Int
        var record: TaskRecord
        var spec: TaskSpec?
        var preCheck: PreCheckReport?
        var progress: MigrationProgress?
        var inventory: ObjectInventory?
    }

    struct BatchEntry {
        /// Place in the order of creation, from 1.
        var position: Int64
        var record: BatchRecord
        var pages: [UInt32: BatchPage] = [:]
    }

    private struct Waiter {
        var above: UInt64
        var continuation: CheckedContinuation<Void, any Error>
    }

    private let seal: InMemoryAuditSeal
    private let eventsKept: Int
    var entries: [String: Entry] = [:]
    /// Ids by position; nil where a task was deleted.
    var order: [String?] = []
    var stops: [String: Stop] = [:]
    var requests: [String: RequestMemo] = [:]
    var records: [AuditRecord] = []
    /// By stop, in order.
    var receipts: [String: [Receipt]] = [:]
    var batches: [String: BatchEntry] = [:]
    /// Ids in the order of creation.
    var batchOrder: [String] = []
    var alarms: [String: Alarm] = [:]
    var lastChange: UInt64 = 0
    /// By the change that is owed.
    var deliveries: [UInt64: AlarmDelivery] = [:]
    var log: [TaskEvent] = []
    private(set) var floor: UInt64 = 0
    private(set) var lastRevision: UInt64 = 0
    private var waiters: [UInt64: Waiter] = [:]
    private var nextWaiter: UInt64 = 0
    private var isClosed = false
    private var refusal: TaskStoreError?

    /// - Parameters:
    ///   - eventsKept: older events are dropped, whole revisions at a time.
    ///   - seal: how receipts are encoded and hashed; the default is no cryptographic hash.
    package init(eventsKept: Int = 1_000_000, seal: InMemoryAuditSeal = .weak) {
        self.eventsKept = eventsKept
        self.seal = seal
    }

    /// Makes every write fail with this error until nil is given: a full disk, a busy store.
    package func refuseWrites(with error: TaskStoreError?) {
        refusal = error
    }

    // MARK: - Writes of tasks

    package func apply(_ writes: [TaskWrite]) throws -> [WriteOutcome] {
        try requireWritable()
        try TaskStoreLimits.check(writes)
        return commit { revision, index in writes.map { apply($0, revision, &index) } }
    }

    /// Runs a commit: its body appends events and counts them in `index`; without events there is no new revision.
    func commit<Answer>(_ body: (_ revision: UInt64, _ index: inout UInt32) -> Answer) -> Answer {
        let revision = lastRevision + 1
        var index: UInt32 = 0
        let answer = body(revision, &index)
        if index > 0 { advance(to: revision) }
        return answer
    }

    func apply(_ write: TaskWrite, _ revision: UInt64, _ index: inout UInt32) -> WriteOutcome {
        let id = write.record.id
        if let request = write.request, let known = requests[request.id] { return .requestKnown(known) }
        let current = entries[id]
        guard (current?.record.revision ?? 0) == write.expectedRevision else {
            return .lost(current: current.map(state))
        }
        if write.deletes {
            if let current { order[current.position] = nil }
            entries[id] = nil
        } else {
            store(write, over: current, revision)
        }
        if let stop = write.stop { stops[stop.id] = stop }
        if let request = write.request { requests[request.id] = request }
        log.append(
            TaskEvent(
                revision: revision, index: index, taskId: id, from: write.from,
                to: write.deletes ? .unspecified : write.record.status, actor: write.actor, atMs: write.atMs,
                action: write.action, stopId: write.record.stopId))
        index += 1
        return .applied(revision: revision, receipt: sealed(write))
    }

    private func store(_ write: TaskWrite, over current: Entry?, _ revision: UInt64) {
        var entry = current ?? Entry(position: order.count, record: write.record)
        if current == nil { order.append(write.record.id) }
        entry.record = write.record
        entry.record.revision = revision
        entry.spec = write.spec ?? entry.spec
        entry.preCheck = write.preCheck ?? entry.preCheck
        entries[write.record.id] = entry
    }

    private func sealed(_ write: TaskWrite) -> Receipt? {
        guard let kind = write.seals, let stop = write.stop else { return nil }
        var record = AuditRecord(
            sequence: UInt64(records.count) + 1, previousHash: records.last?.hash ?? [UInt8](repeating: 0, count: 32),
            kind: kind, finalStatus: write.record.status, stop: seal.encode(stop))
        record.hash = seal.hash(record)
        let receipt = Receipt(
            stop: stop, sequence: record.sequence, previousHash: record.previousHash, hash: record.hash,
            finalStatus: record.finalStatus, kind: kind)
        records.append(record)
        receipts[stop.id, default: []].append(receipt)
        return receipt
    }

    private func advance(to revision: UInt64) {
        lastRevision = revision
        trimLog()
        let due = waiters.filter { $0.value.above < revision }
        for (id, waiter) in due {
            waiters[id] = nil
            waiter.continuation.resume()
        }
    }

    /// Drops whole revisions once there is a tenth too many.
    private func trimLog() {
        guard log.count > eventsKept + max(1, eventsKept / 10) else { return }
        let kept = log[log.count - eventsKept].revision
        guard let first = log.firstIndex(where: { $0.revision == kept }), first > 0 else { return }
        floor = log[first - 1].revision
        log.removeFirst(first)
    }

    package func saveProgress(_ progress: [String: MigrationProgress]) throws {
        try requireWritable()
        for (id, progress) in progress { entries[id]?.progress = progress }
    }

    package func saveInventory(_ inventory: ObjectInventory, of taskID: String) throws {
        try requireWritable()
        entries[taskID]?.inventory = inventory
    }

    // MARK: - Waiting and closing

    package func revision() throws -> UInt64 {
        try requireOpen()
        return lastRevision
    }

    package func waitForRevision(above revision: UInt64) async throws {
        nextWaiter += 1
        let id = nextWaiter
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(Waiter(above: revision, continuation: continuation), id)
            }
        } onCancel: {
            Task { await self.cancel(id) }
        }
    }

    private func add(_ waiter: Waiter, _ id: UInt64) {
        if isClosed {
            waiter.continuation.resume(throwing: TaskStoreError(.closed, "the store is closed"))
        } else if lastRevision > waiter.above {
            waiter.continuation.resume()
        } else if Task.isCancelled {
            waiter.continuation.resume(throwing: CancellationError())
        } else {
            waiters[id] = waiter
        }
    }

    private func cancel(_ id: UInt64) {
        waiters.removeValue(forKey: id)?.continuation.resume(throwing: CancellationError())
    }

    package func close() {
        isClosed = true
        for waiter in waiters.values {
            waiter.continuation.resume(throwing: TaskStoreError(.closed, "the store is closed"))
        }
        waiters = [:]
    }

    func requireOpen() throws {
        guard !isClosed else { throw TaskStoreError(.closed, "the store is closed") }
    }

    func requireWritable() throws {
        try requireOpen()
        if let refusal { throw refusal }
    }
}
