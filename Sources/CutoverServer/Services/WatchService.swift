import CutoverModel
internal import CutoverRPC
internal import CutoverServices
internal import CutoverTasks

/// Follows the revision log for a client: the present state first, then every change, and progress in between.
struct WatchService: Sendable {
    /// Events read from the log at a time.
    static let logPage = 1_000
    static let maxWatchedTasks = 10_000

    let ledger: TaskLedger
    let view: TaskView

    func run(_ request: WatchTasksRequest, writer: ItemWriter<WatchEvent>) async throws {
        guard request.taskIds.count <= Self.maxWatchedTasks else {
            throw ServiceErrors.invalid("task_ids: at most \(Self.maxWatchedTasks).")
        }
        let interval = request.progressIntervalMs
        guard interval == 0 || (100...60_000).contains(interval) else {
            throw ServiceErrors.invalid("progress_interval_ms must be 100 to 60000, or 0 for never.")
        }
        let wanted = Set(try request.taskIds.map { try RequestValidation.identifier($0, field: "task_ids") })
        var position = request.afterRevision
        if position == 0 { position = try await sendPresent(wanted, writer) }
        var sent: [String: MigrationProgress] = [:]
        while !Task.isCancelled {
            do {
                position = try await sendChanges(after: position, wanted, writer)
            } catch let error as TaskStoreError where error.code == .compacted {
                // The log no longer reaches back so far: the present state takes its place.
                position = try await sendPresent(wanted, writer)
            }
            let hasChange = try await waitForChange(above: position, atMostMs: interval)
            if !hasChange { try await sendProgress(wanted, &sent, at: position, writer) }
        }
    }

    private func sendPresent(_ wanted: Set<String>, _ writer: ItemWriter<WatchEvent>) async throws -> UInt64 {
        let revision = try await ledger.store.revision()
        if wanted.isEmpty {
            var after: String?
            repeat {
                let page = try await ledger.store.list(TaskQuery(after: after, limit: Self.logPage))
                for state in page.states { try await send(state, nil, revision, writer) }
                after = page.next
            } while after != nil
        } else {
            let ids = wanted.sorted()
            for (id, state) in zip(ids, try await ledger.store.states(of: ids)) {
                guard let state else {
                    throw RPCError(
                        .notFound, "There is no task with this id.", reason: "UNKNOWN_TASK",
                        details: [ErrorDetail(key: "task_id", value: id)])
                }
                try await send(state, nil, revision, writer)
            }
        }
        return revision
    }

    private func sendChanges(
        after revision: UInt64, _ wanted: Set<String>, _ writer: ItemWriter<WatchEvent>
    ) async throws -> UInt64 {
        var position = revision
        while true {
            let events = try await ledger.store.events(after: position, limit: Self.logPage)
            guard let last = events.last else { return position }
            let interesting = events.filter { wanted.isEmpty || wanted.contains($0.taskId) }
            let states = try await ledger.store.states(of: interesting.map(\.taskId))
            for (event, state) in zip(interesting, states) {
                if let state {
                    try await send(state, event, event.revision, writer)
                } else {
                    try await writer.write(WatchEvent(revision: event.revision, event: event, taskId: event.taskId))
                }
            }
            position = last.revision
        }
    }

    private func send(
        _ state: TaskState, _ event: TaskEvent?, _ revision: UInt64, _ writer: ItemWriter<WatchEvent>
    ) async throws {
        try await writer.write(
            WatchEvent(
                revision: revision, event: event, task: view.brief(state), stop: state.stop, taskId: state.record.id))
    }

    private func sendProgress(
        _ wanted: Set<String>, _ sent: inout [String: MigrationProgress], at revision: UInt64,
        _ writer: ItemWriter<WatchEvent>
    ) async throws {
        for (taskID, progress) in view.board.all() {
            guard wanted.isEmpty || wanted.contains(taskID), sent[taskID] != progress else { continue }
            sent[taskID] = progress
            guard let state = try await ledger.store.state(of: taskID) else { continue }
            try await send(state, nil, revision, writer)
        }
    }

    /// - Returns: false when the interval passed first.
    private func waitForChange(above revision: UInt64, atMostMs interval: UInt32) async throws -> Bool {
        let store = ledger.store
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await store.waitForRevision(above: revision)
                return true
            }
            if interval > 0 {
                group.addTask {
                    try await Task.sleep(for: .milliseconds(interval))
                    return false
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
