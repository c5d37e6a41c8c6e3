import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// Follows the revision log for a client: the present state first, then every change, and progress in between.
///
/// A watch reads from the store as fast as its client takes what it is sent, and keeps nothing but its place: a slow client
/// costs no memory. One so slow that the log no longer reaches back to it is told to list anew.
struct WatchService: Sendable {
    /// Events read from the log at a time.
    static let logPage = 1_000
    /// States held in memory at a time; each may carry a stop with thousands of objects.
    static let statePage = 100
    static let maxWatchedTasks = 10_000
    static let maxStatuses = 64

    let ledger: TaskLedger
    let view: TaskView

    /// What is told when nothing was: kept for each running task, to send only what changed.
    private struct Told: Equatable {
        var progress: MigrationProgress
        var blocker: String?
        var attempts: UInt32
    }

    func run(_ request: WatchTasksRequest, writer: ItemWriter<WatchEvent>) async throws {
        let filter = try await makeFilter(request)
        let store = ledger.store
        let interval = Duration.milliseconds(Int64(request.progressIntervalMs))
        var position = request.afterRevision
        if position == 0 {
            position = try await sendPresent(filter, request.taskIds, writer)
        } else if try await store.revision() < position {
            // The place is another store's, such as of one before a backup was restored.
            position = try await relist(filter, writer)
        }
        var told: [String: Told] = [:]
        var progressAt = ContinuousClock.now + interval
        while !Task.isCancelled {
            var isCaughtUp = true
            do {
                (position, isCaughtUp) = try await sendChanges(after: position, filter, writer)
            } catch let error as TaskStoreError where error.code == .compacted {
                position = try await relist(filter, writer)
            }
            if request.progressIntervalMs > 0, progressAt <= .now {
                try await sendProgress(filter, &told, at: position, writer)
                progressAt = .now + interval
            }
            if isCaughtUp {
                try await waitForChange(above: position, until: request.progressIntervalMs > 0 ? progressAt : nil)
            }
        }
    }

    // MARK: - What is wanted

    private func makeFilter(_ request: WatchTasksRequest) async throws -> WatchFilter {
        let interval = request.progressIntervalMs
        guard interval == 0 || (100...60_000).contains(interval) else {
            throw ServiceErrors.invalid("progress_interval_ms must be 100 to 60000, or 0 for never.")
        }
        for (field, count) in [("task_ids", request.taskIds.count), ("stop_ids", request.stopIds.count)] {
            guard count <= Self.maxWatchedTasks else {
                throw ServiceErrors.invalid("\(field): at most \(Self.maxWatchedTasks).")
            }
        }
        guard request.statuses.count <= Self.maxStatuses else {
            throw ServiceErrors.invalid("statuses: at most \(Self.maxStatuses).")
        }
        for case .unrecognized(let number) in request.statuses {
            throw ServiceErrors.invalid("statuses: \(number) is not known to this server.")
        }
        try RequestValidation.text(request.nameGlob, field: "name_glob", maxBytes: 200, isRequired: false)
        try RequestValidation.labels(request.labels)
        var filter = WatchFilter(
            batchID: request.batchId, statuses: Set(request.statuses), name: NamePattern(request.nameGlob),
            labels: request.labels)
        if !request.taskIds.isEmpty {
            filter.taskIDs = Set(
                try request.taskIds.map { try RequestValidation.identifier($0, field: "task_ids") })
        }
        if !request.stopIds.isEmpty {
            let stopped = try await tasks(ofStops: request.stopIds)
            filter.taskIDs = filter.taskIDs?.intersection(stopped) ?? stopped
        }
        if !request.batchId.isEmpty {
            _ = try RequestValidation.identifier(request.batchId, field: "batch_id")
            guard try await ledger.store.batch(id: request.batchId) != nil else {
                throw RPCError(.notFound, "There is no batch with this id.", reason: "UNKNOWN_BATCH")
            }
        }
        return filter
    }

    private func tasks(ofStops stopIDs: [String]) async throws -> Set<String> {
        var tasks: Set<String> = []
        for id in stopIDs {
            _ = try RequestValidation.identifier(id, field: "stop_ids")
            guard let stop = try await ledger.store.stop(id: id) else {
                throw RPCError(
                    .notFound, "There is no stop with this id.", reason: "UNKNOWN_STOP",
                    details: [ErrorDetail(key: "stop_id", value: id)])
            }
            tasks.insert(stop.taskId)
        }
        return tasks
    }

    // MARK: - The present state

    private func relist(_ filter: WatchFilter, _ writer: ItemWriter<WatchEvent>) async throws -> UInt64 {
        try await writer.write(WatchEvent(revision: try await ledger.store.revision(), kind: .relist))
        // Tasks that were named and are gone by now are told by their absence.
        return try await sendPresent(filter, [], writer)
    }

    /// Sends every task that fits as it stands.
    /// - Parameter required: tasks that must exist.
    /// - Returns: the revision from which on changes follow. What is sent may be newer: such a change is told once more.
    private func sendPresent(
        _ filter: WatchFilter, _ required: [String], _ writer: ItemWriter<WatchEvent>
    ) async throws -> UInt64 {
        let store = ledger.store
        let revision = try await store.revision()
        if let taskIDs = filter.taskIDs {
            let required = Set(required)
            for ids in Self.pages(taskIDs.sorted()) {
                for (id, state) in zip(ids, try await store.states(of: ids)) {
                    if let state {
                        if filter.passes(state) { try await send(.present, state, nil, revision, writer) }
                    } else if required.contains(id) {
                        throw RPCError(
                            .notFound, "There is no task with this id.", reason: "UNKNOWN_TASK",
                            details: [ErrorDetail(key: "task_id", value: id)])
                    }
                }
            }
        } else {
            var after: String?
            repeat {
                let page = try await store.list(
                    TaskQuery(statuses: filter.statuses, after: after, limit: Self.statePage))
                for state in page.states where filter.passes(state) {
                    try await send(.present, state, nil, revision, writer)
                }
                after = page.next
            } while after != nil
        }
        try await writer.write(WatchEvent(revision: revision, kind: .presentEnd))
        return revision
    }

    // MARK: - Changes

    /// Sends the next changes.
    /// - Returns: the last revision that was read, and whether there was none after it.
    private func sendChanges(
        after revision: UInt64, _ filter: WatchFilter, _ writer: ItemWriter<WatchEvent>
    ) async throws -> (position: UInt64, isCaughtUp: Bool) {
        let store = ledger.store
        let events = try await store.events(after: revision, limit: Self.logPage)
        guard let last = events.last else { return (revision, true) }
        for page in Self.pages(events.filter(filter.mayPass)) {
            for (event, state) in zip(page, try await store.states(of: page.map(\.taskId))) {
                if !event.batchId.isEmpty {
                    let batch = try await store.batch(id: event.batchId)?.batch
                    try await writer.write(
                        WatchEvent(revision: event.revision, event: event, kind: .change, batch: batch))
                } else if filter.passes(event, state, stop: try await stop(of: event, state, filter)) {
                    if let state {
                        try await send(.change, state, event, event.revision, writer)
                    } else {
                        try await writer.write(
                            WatchEvent(
                                revision: event.revision, event: event, taskId: event.taskId, kind: .change))
                    }
                }
            }
        }
        return (last.revision, false)
    }

    /// The stop that the task had at a change, where it matters: nearly always the one that it has now. A change from before the
    /// store noted it counts as one of the present stop.
    private func stop(of event: TaskEvent, _ state: TaskState?, _ filter: WatchFilter) async throws -> Stop? {
        guard !filter.batchID.isEmpty, !event.stopId.isEmpty, event.stopId != state?.stop?.id else {
            return state?.stop
        }
        return try await ledger.store.stop(id: event.stopId)
    }

    private func send(
        _ kind: WatchKind, _ state: TaskState, _ event: TaskEvent?, _ revision: UInt64,
        _ writer: ItemWriter<WatchEvent>
    ) async throws {
        try await writer.write(
            WatchEvent(
                revision: revision, event: event, task: view.brief(state), stop: state.stop.map(view.live),
                taskId: state.record.id, kind: kind))
    }

    // MARK: - Progress

    private func sendProgress(
        _ filter: WatchFilter, _ told: inout [String: Told], at revision: UInt64, _ writer: ItemWriter<WatchEvent>
    ) async throws {
        let running = view.board.all()
        // What has ended is told by its change, and forgotten here.
        told = told.filter { running[$0.key] != nil }
        var changed: [String] = []
        for (taskID, progress) in running where filter.taskIDs?.contains(taskID) ?? true {
            let now = Told(
                progress: progress, blocker: view.board.blocker(of: taskID), attempts: view.board.attempts(of: taskID))
            guard told[taskID] != now else { continue }
            told[taskID] = now
            changed.append(taskID)
        }
        for ids in Self.pages(changed) {
            for case let state? in try await ledger.store.states(of: ids) where filter.passes(state) {
                try await send(.progress, state, nil, revision, writer)
            }
        }
    }

    private func waitForChange(above revision: UInt64, until due: ContinuousClock.Instant?) async throws {
        let store = ledger.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.waitForRevision(above: revision) }
            if let due {
                group.addTask { try await Task.sleep(until: due, clock: .continuous) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static func pages<Element>(_ elements: [Element]) -> [[Element]] {
        stride(from: 0, to: elements.count, by: statePage).map {
            Array(elements[$0..<min($0 + statePage, elements.count)])
        }
    }
}
