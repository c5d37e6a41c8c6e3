package import CutoverModel

/// A `TaskStore` in memory with the contract of the durable ones: for simulations, and the model their tests compare with.
///
/// Nothing survives the process. One call is one commit, so that runs with the same calls give the same revisions.
package actor InMemoryTaskStore: TaskStore {
    /// The hash of an audit record from its sequence, the hash before it, and the stop.
    package typealias Seal = @Sendable (_ sequence: UInt64, _ previousHash: [UInt8], _ stop: Stop) -> [UInt8]

    private struct Entry {
        /// Place in the order of creation; never used twice.
        var position: Int
        var record: TaskRecord
        var spec: TaskSpec?
        var preCheck: PreCheckReport?
        var progress: MigrationProgress?
        var inventory: ObjectInventory?
    }

    private struct Waiter {
        var above: UInt64
        var continuation: CheckedContinuation<Void, any Error>
    }

    private static let finalStatuses: Set<TaskStatus> = [.stopped, .completed]
    private static let batchLimit = 10_000

    private let seal: Seal
    private let eventsKept: Int
    private var entries: [String: Entry] = [:]
    /// Ids by position; nil where a task was deleted.
    private var order: [String?] = []
    private var stops: [String: Stop] = [:]
    private var requests: [String: RequestMemo] = [:]
    private var receipts: [Receipt] = []
    private var log: [TaskEvent] = []
    private var floor: UInt64 = 0
    private var lastRevision: UInt64 = 0
    private var waiters: [UInt64: Waiter] = [:]
    private var nextWaiter: UInt64 = 0
    private var isClosed = false
    private var refusal: TaskStoreError?

    /// - Parameters:
    ///   - eventsKept: older events are dropped, whole revisions at a time.
    ///   - seal: how receipts are hashed; the default is no cryptographic hash.
    package init(eventsKept: Int = 1_000_000, seal: @escaping Seal = InMemoryTaskStore.weakSeal) {
        self.eventsKept = eventsKept
        self.seal = seal
    }

    /// Makes every write fail with this error until nil is given: a full disk, a busy store.
    package func refuseWrites(with error: TaskStoreError?) {
        refusal = error
    }

    // MARK: - Writes

    package func apply(_ writes: [TaskWrite]) throws -> [WriteOutcome] {
        try requireOpen()
        if let refusal { throw refusal }
        guard !writes.isEmpty, writes.count <= Self.batchLimit else {
            throw TaskStoreError(.failed, "\(writes.count) writes in one call: give 1 to \(Self.batchLimit)")
        }
        for write in writes {
            guard !write.record.id.isEmpty else { throw TaskStoreError(.failed, "a write needs a task id") }
            guard write.seals == nil || write.stop != nil else {
                throw TaskStoreError(.failed, "a receipt needs the stop it is made of")
            }
        }
        let revision = lastRevision + 1
        var index: UInt32 = 0
        let outcomes = writes.map { apply($0, revision, &index) }
        if index > 0 { advance(to: revision) }
        return outcomes
    }

    private func apply(_ write: TaskWrite, _ revision: UInt64, _ index: inout UInt32) -> WriteOutcome {
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
        let receipt = write.seals == nil ? nil : write.stop.map { sealed($0, write.record.status) }
        log.append(
            TaskEvent(
                revision: revision, index: index, taskId: id, from: write.from,
                to: write.deletes ? .unspecified : write.record.status, actor: write.actor, atMs: write.atMs,
                action: write.action))
        index += 1
        return .applied(revision: revision, receipt: receipt)
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

    private func sealed(_ stop: Stop, _ status: TaskStatus) -> Receipt {
        let sequence = UInt64(receipts.count) + 1
        let previous = receipts.last?.hash ?? [UInt8](repeating: 0, count: 32)
        let receipt = Receipt(
            stop: stop, sequence: sequence, previousHash: previous, hash: seal(sequence, previous, stop),
            finalStatus: status)
        receipts.append(receipt)
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
        try requireOpen()
        if let refusal { throw refusal }
        for (id, progress) in progress { entries[id]?.progress = progress }
    }

    package func saveInventory(_ inventory: ObjectInventory, of taskID: String) throws {
        try requireOpen()
        if let refusal { throw refusal }
        entries[taskID]?.inventory = inventory
    }

    // MARK: - Reads

    package func state(of taskID: String) throws -> TaskState? {
        try requireOpen()
        return entries[taskID].map(state)
    }

    package func states(of taskIDs: [String]) throws -> [TaskState?] {
        try requireOpen()
        guard taskIDs.count <= Self.batchLimit else {
            throw TaskStoreError(.failed, "\(taskIDs.count) ids in one call: give at most \(Self.batchLimit)")
        }
        return taskIDs.map { entries[$0].map(state) }
    }

    package func spec(of taskID: String) throws -> TaskSpec? {
        try requireOpen()
        return entries[taskID]?.spec
    }

    package func preCheck(of taskID: String) throws -> PreCheckReport? {
        try requireOpen()
        return entries[taskID]?.preCheck
    }

    package func progress(of taskID: String) throws -> MigrationProgress? {
        try requireOpen()
        return entries[taskID]?.progress
    }

    package func inventory(of taskID: String) throws -> ObjectInventory? {
        try requireOpen()
        return entries[taskID]?.inventory
    }

    package func stop(id: String) throws -> Stop? {
        try requireOpen()
        return stops[id]
    }

    package func receipt(stopID: String) throws -> Receipt? {
        try requireOpen()
        return receipts.last { $0.stop?.id == stopID }
    }

    package func request(id: String) throws -> RequestMemo? {
        try requireOpen()
        return requests[id]
    }

    package func list(_ query: TaskQuery) throws -> TaskPage {
        try page(after: query.after, limit: query.limit) { record in
            (query.statuses.isEmpty || query.statuses.contains(record.status))
                && (query.nameGlob.isEmpty || Self.matches(record.name, query.nameGlob))
                && query.labels.allSatisfy(record.labels.contains)
        }
    }

    package func live(after: String?, limit: Int) throws -> TaskPage {
        try page(after: after, limit: limit) { !Self.finalStatuses.contains($0.status) }
    }

    private func page(after: String?, limit: Int, where isWanted: (TaskRecord) -> Bool) throws -> TaskPage {
        try requireOpen()
        // Positions are counted from 1, as the durable stores count rows.
        guard let start = Int(after.flatMap { $0.isEmpty ? nil : $0 } ?? "0"), start >= 0 else {
            throw TaskStoreError(.failed, "the page token is none of this store's: begin from the first page")
        }
        let limit = min(1000, max(1, limit))
        var page = TaskPage(states: [], next: nil, revision: lastRevision)
        var last = start
        for id in order.dropFirst(start) {
            guard let id, let entry = entries[id], isWanted(entry.record) else { continue }
            if page.states.count == limit {
                page.next = String(last)
                break
            }
            page.states.append(state(entry))
            last = entry.position + 1
        }
        return page
    }

    package func events(after revision: UInt64, limit: Int) throws -> [TaskEvent] {
        try requireOpen()
        guard revision >= floor else {
            throw TaskStoreError(
                .compacted,
                "changes up to revision \(floor) are no longer kept; read the present state and watch from there")
        }
        let limit = min(Self.batchLimit, max(1, limit))
        let rest = log[firstIndex(after: revision)...]
        guard rest.count > limit, let first = rest.first else { return Array(rest) }
        let cut = rest[rest.startIndex + limit].revision
        return rest.prefix { first.revision == cut ? $0.revision == cut : $0.revision < cut }
    }

    private func firstIndex(after revision: UInt64) -> Int {
        var low = 0
        var high = log.count
        while low < high {
            let middle = (low + high) / 2
            if log[middle].revision > revision { high = middle } else { low = middle + 1 }
        }
        return low
    }

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

    private func requireOpen() throws {
        guard !isClosed else { throw TaskStoreError(.closed, "the store is closed") }
    }

    private func state(_ entry: Entry) -> TaskState {
        TaskState(record: entry.record, stop: entry.record.stopId.isEmpty ? nil : stops[entry.record.stopId])
    }
}
