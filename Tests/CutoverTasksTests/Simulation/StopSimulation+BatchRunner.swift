import CutoverModel
import CutoverTasks

/// The runners of batches: one small step at a time, chosen by the durable record alone, as the server's.
extension StopSimulation {
    /// What a batch's runner holds in memory; lost in a crash.
    struct BatchWorker {
        /// By task: the item of a stop in progress.
        var open: [String: BatchItem] = [:]
        var failures = 0
        /// The log was followed up to here.
        var position: UInt64
        /// Tasks in progress of which the log told something.
        var touched: Set<String> = []
        var hasWithdrawn = false
        /// Stops that the next group may accept.
        var maxChanges = BatchMachine.maxPageItems
        /// Decided, and not written yet.
        var prepared: PreparedWrite?

        /// Takes in what a page says.
        mutating func note(_ page: BatchPage, over old: BatchPage? = nil) {
            for (place, item) in page.items.enumerated() where old?.items[place] != item {
                open[item.taskId] = item.isOpen ? item : nil
                if item.isFailure { failures += 1 }
            }
        }
    }

    /// What a batch was made from.
    struct BatchOrigin {
        /// Each task named once.
        var request: BatchStopRequest
        /// What the selector selected when the batch was decided.
        var selected: Set<String>
    }

    /// A batch's write that is decided on what was read, so that others come in before it is carried out.
    struct PreparedWrite {
        var group: BatchGroup
        /// The pages as they were read.
        var before: [BatchPage]
        var expected: UInt64
        var action: String
        /// Whether all stands, or nothing.
        var isWhole = true
        /// With the first write of a batch.
        var origin: BatchOrigin?

        init(
            _ group: BatchGroup, before: [BatchPage] = [], expected: UInt64, action: String,
            origin: BatchOrigin? = nil
        ) {
            self.group = group
            self.before = before
            self.expected = expected
            self.action = action
            self.origin = origin
        }

        var batchID: String { group.record.batch?.id ?? "" }
    }

    /// A step of one batch that is not over.
    mutating func anyBatchStep() async throws {
        let open = try await store.openBatches().filter(core.batch.takesUp)
        guard let id = open.randomElement(using: &random)?.batch?.id else { return }
        try await batchStep(id)
    }

    mutating func batchStep(_ id: String) async throws {
        guard var worker = batchWorkers[id] else {
            batchWorkers[id] = try await takeUp(id)
            return
        }
        if let prepared = worker.prepared {
            worker.prepared = nil
            batchWorkers[id] = worker
            try await carryOut(prepared)
            return
        }
        guard let record = try await store.batch(id: id), let batch = record.batch, batch.state != .finished else {
            batchWorkers[id] = nil
            return
        }
        if batch.cancelled, batch.withdraws, !worker.hasWithdrawn {
            for (task, item) in worker.open.sorted(by: { $0.key < $1.key }) { try await withdraw(task, item.stopId) }
            history.withdrew(id)
            worker.hasWithdrawn = true
            batchWorkers[id] = worker
            return
        }
        try await followLog(&worker)
        worker.prepared = try await nextWrite(record, batch, &worker)
        batchWorkers[id] = worker
    }

    /// Finds what an earlier process left.
    private mutating func takeUp(_ id: String) async throws -> BatchWorker {
        var worker = BatchWorker(position: try await store.revision())
        guard let record = try await store.batch(id: id) else { return worker }
        if record.openPage > 0 { history.seen.insert("batch taken up") }
        for index in 0..<min(record.pages, record.openPage + 1) {
            guard let page = try await store.batchPage(id: id, index: index) else { continue }
            worker.note(page)
        }
        if !core.batch.findsOpenStops { worker.open = [:] }
        worker.touched = Set(worker.open.keys)
        return worker
    }

    private mutating func followLog(_ worker: inout BatchWorker) async throws {
        guard !worker.open.isEmpty else { return }
        // Now and then the log was compacted meanwhile: all is looked at.
        if random.oneIn(10) {
            worker.position = try await store.revision()
            worker.touched = Set(worker.open.keys)
            return
        }
        let events = try await store.events(after: worker.position, limit: 1_000)
        for event in events where worker.open[event.taskId] != nil { worker.touched.insert(event.taskId) }
        worker.position = events.last?.revision ?? worker.position
    }

    /// The next thing to write; nil when there is nothing to do now.
    private mutating func nextWrite(
        _ record: BatchRecord, _ batch: StopBatch, _ worker: inout BatchWorker
    ) async throws -> PreparedWrite? {
        let isDue = worker.open.count <= 1 || calm || random.oneIn(3)
        if !worker.touched.isEmpty, isDue {
            if let settled = try await settle(record, worker) { return settled }
            worker.touched = []
        }
        guard batch.state == .accepting else {
            guard worker.open.isEmpty else { return nil }
            var record = record
            core.batch.conclude(&record, 0, nowMs)
            return PreparedWrite(BatchGroup(record: record), expected: batch.revision, action: "batch.finished")
        }
        if let why = core.batch.ending(batch, worker.failures) { return try await giveUp(record, worker, why) }
        guard BatchMachine.room(batch, inProgress: worker.open.count) > 0 else { return nil }
        return try await accept(record, worker)
    }

    private mutating func accept(_ record: BatchRecord, _ worker: BatchWorker) async throws -> PreparedWrite {
        let expected = record.batch?.revision ?? 0
        var record = record
        guard let page = try await nextPage(&record) else {
            core.batch.conclude(&record, worker.open.count, nowMs)
            return PreparedWrite(BatchGroup(record: record), expected: expected, action: "batch.accepted")
        }
        let basis = try await basis(
            record, [page], inProgress: worker.open.count, maxChanges: worker.maxChanges)
        var prepared = PreparedWrite(
            core.batch.accept(page, basis), before: [page], expected: expected, action: "batch.accepting")
        prepared.isWhole = core.batch.writesGroupsWhole
        return prepared
    }

    private mutating func nextPage(_ record: inout BatchRecord) async throws -> BatchPage? {
        let id = record.batch?.id ?? ""
        while record.openPage < record.pages {
            guard let page = try await store.batchPage(id: id, index: record.openPage) else { return nil }
            if page.items.contains(where: \.isPending) { return page }
            record.openPage += 1
        }
        guard !record.selected, let selector = record.batch?.terms?.selector else { return nil }
        let named = Set(try await items(of: record).prefix(Int(record.batch?.named ?? 0)).map(\.taskId))
        while !record.selected {
            let listing = try await store.list(
                selector.query(after: record.selectorToken, limit: Int(record.pageItems)))
            if let page = core.batch.select(listing, named, &record) { return page }
        }
        return nil
    }

    private mutating func giveUp(
        _ record: BatchRecord, _ worker: BatchWorker, _ why: ErrorInfo
    ) async throws -> PreparedWrite {
        var pages: [BatchPage] = []
        for index in record.openPage..<min(record.pages, record.openPage + 2) {
            if let page = try await store.batchPage(id: record.batch?.id ?? "", index: index) { pages.append(page) }
        }
        let basis = try await basis(record, pages, inProgress: worker.open.count)
        return PreparedWrite(
            core.batch.giveUp(pages, basis, why), before: pages, expected: record.batch?.revision ?? 0,
            action: "batch.ended")
    }

    /// - Returns: nil when none of the stops that were touched has ended.
    private mutating func settle(_ record: BatchRecord, _ worker: BatchWorker) async throws -> PreparedWrite? {
        var group = BatchGroup(record: record)
        var before: [BatchPage] = []
        var ended = 0
        for index in 0..<record.pages {
            guard let page = try await store.batchPage(id: record.batch?.id ?? "", index: index) else { continue }
            var standing: [BatchItem] = []
            for item in page.items where item.isOpen && worker.touched.contains(item.taskId) {
                let state = try await store.state(of: item.taskId)
                guard let stop = try await store.stop(id: item.stopId) else { continue }
                standing.append(core.batch.follow(item, stop, state?.record.status))
            }
            guard let settled = core.batch.settle(standing, page, &group.record) else { continue }
            ended += standing.filter(\.final).count
            before.append(page)
            group.pages.append(settled)
        }
        guard !group.pages.isEmpty else { return nil }
        core.batch.conclude(&group.record, worker.open.count - ended, nowMs)
        return PreparedWrite(group, before: before, expected: record.batch?.revision ?? 0, action: "batch.progress")
    }

    private mutating func withdraw(_ task: String, _ stopID: String) async throws {
        let core = core
        do {
            _ = try await carryOut(task) { state, nowMs in
                guard case .withdrawn(let transition) = try core.cancel(stopID, state, nowMs) else { return nil }
                return transition
            }
        } catch is Refusal {}
    }

    // MARK: - Deciding and writing

    /// What the undecided items of some pages are decided on.
    mutating func basis(
        _ record: BatchRecord, _ pages: [BatchPage], inProgress: Int = 0, maxChanges: Int = BatchMachine.maxPageItems
    ) async throws -> SimulatedBatchCore.Basis {
        var basis = SimulatedBatchCore.Basis(
            record: record, states: [:], orders: [:], inProgress: inProgress, maxChanges: maxChanges, nowMs: nowMs)
        let terms = record.batch?.terms ?? BatchStopRequest()
        for item in pages.flatMap(\.items) where item.isPending {
            basis.states[item.taskId] = try await store.state(of: item.taskId)
            basis.orders[item.taskId] = StopOrder(
                stopID: freshID("s"), batchID: record.batch?.id ?? "", requestID: record.batch?.id ?? "",
                actor: "sim", reason: terms.reason, mode: terms.mode, requireAllObjects: terms.requireAllObjects,
                drainDeadlineMs: terms.drainDeadlineMs, drainTo: terms.drainTo, onDeadline: terms.onDeadline,
                whenIllegal: terms.whenIllegal, abnormality: random.oneIn(8) ? "the source is unreachable" : nil)
        }
        return basis
    }

    private mutating func carryOut(_ prepared: PreparedWrite) async throws {
        let outcome = try await write(prepared)
        guard var worker = batchWorkers[prepared.batchID] else { return }
        switch outcome {
        case .applied:
            take(prepared, by: &worker)
            batchWorkers[prepared.batchID] = worker
        case .refused:
            history.seen.insert("batch group refused")
            worker.maxChanges = BatchMachine.nextMaxChanges(
                after: prepared.group, of: worker.maxChanges, isRefused: true)
            batchWorkers[prepared.batchID] = worker
        case .partial, .lost: return
        }
    }

    private func take(_ prepared: PreparedWrite, by worker: inout BatchWorker) {
        if !prepared.group.changes.isEmpty {
            worker.maxChanges = BatchMachine.nextMaxChanges(
                after: prepared.group, of: worker.maxChanges, isRefused: false)
        }
        for page in prepared.group.pages {
            worker.note(page, over: prepared.before.first { $0.index == page.index })
        }
    }

    /// Writes record, pages and stops of a batch in one commit. The server may die before, and after.
    mutating func write(_ prepared: PreparedWrite) async throws -> BatchOutcome {
        try mayCrash()
        let group = prepared.group
        let writes = group.changes.map { withRevision(write($0.transition, before: $0.before)) }
        var expected = core.batch.expectedRevision(prepared.expected)
        if expected == nil { expected = try await store.batch(id: prepared.batchID)?.batch?.revision }
        let outcome = try await store.apply(
            BatchWrite(
                record: group.record, expectedRevision: expected ?? 0, pages: group.pages, actor: "sim",
                action: prepared.action, atMs: nowMs),
            with: writes, atomically: prepared.isWhole)
        switch outcome {
        case .applied(_, let outcomes), .partial(let outcomes):
            if let origin = prepared.origin { history.made(group.record, from: origin) }
            for (change, outcome) in zip(group.changes, outcomes) {
                guard case .applied(let revision, _) = outcome else { continue }
                history.ordered(change.transition, by: prepared.batchID)
                _ = took(change.transition, revision, before: change.before)
            }
        case .refused, .lost: break
        }
        if case .applied = outcome, let record = try await store.batch(id: prepared.batchID) {
            history.wrote(record, try await items(of: record), action: prepared.action)
        }
        try mayCrash()
        return outcome
    }

    /// The stored items of a batch, in order.
    func items(of record: BatchRecord) async throws -> [BatchItem] {
        var items: [BatchItem] = []
        for index in 0..<record.pages {
            items += try await store.batchPage(id: record.batch?.id ?? "", index: index)?.items ?? []
        }
        return items
    }
}
