internal import CoreMetrics
import CutoverModel
internal import CutoverMetrics
internal import CutoverTasks

/// A store whose commits are timed, and whose ended stops are counted: every transition comes through here.
struct MeteredTaskStore: TaskStore {
    private static let commitSeconds = "cutover_store_commit_duration_seconds"
    private static let commitFailures = "cutover_store_commit_failures_total"
    private static let stopsFinished = "cutover_stops_finished_total"

    /// How a stop ended.
    private struct Ending: Hashable {
        let outcome: String
        let mode: String
    }

    private static let outcomes = ["stopped", "withdrawn", "failed"]
    private static let modes = ["graceful", "forced"]

    private let base: any TaskStore
    private let commits: Timer
    private let failures: Counter
    private let endings: [Ending: Counter]

    init(_ base: any TaskStore, metrics: MetricsRegistry) {
        self.base = base
        metrics.describe(
            Self.commitSeconds, "From the order of a change to its durability, the wait for the commit included.")
        metrics.describe(Self.commitFailures, "Changes that the store could not write.")
        metrics.describe(
            Self.stopsFinished,
            "Stops that ended since the server started, by outcome (stopped, withdrawn, failed) and mode; a failed one that is "
                + "retried ends again.")
        commits = Timer(label: Self.commitSeconds, factory: metrics)
        failures = Counter(label: Self.commitFailures, factory: metrics)
        var endings: [Ending: Counter] = [:]
        for outcome in Self.outcomes {
            for mode in Self.modes {
                endings[Ending(outcome: outcome, mode: mode)] = Counter(
                    label: Self.stopsFinished, dimensions: [("outcome", outcome), ("mode", mode)], factory: metrics)
            }
        }
        self.endings = endings
    }

    func apply(_ writes: [TaskWrite]) async throws -> [WriteOutcome] {
        let outcomes = try await timed { try await base.apply(writes) }
        count(writes, outcomes)
        return outcomes
    }

    func apply(_ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool) async throws -> BatchOutcome {
        let outcome = try await timed { try await base.apply(batch, with: writes, atomically: atomically) }
        switch outcome {
        case .applied(_, let outcomes), .partial(let outcomes): count(writes, outcomes)
        case .refused, .lost: break
        }
        return outcome
    }

    private func timed<Result: Sendable>(_ commit: () async throws -> Result) async throws -> Result {
        let begin = ContinuousClock.now
        do {
            let result = try await commit()
            let elapsed = (ContinuousClock.now - begin).components
            commits.recordNanoseconds(elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
            return result
        } catch {
            failures.increment()
            throw error
        }
    }

    private func count(_ writes: [TaskWrite], _ outcomes: [WriteOutcome]) {
        for (write, outcome) in zip(writes, outcomes) where outcome.stands {
            guard let stop = write.stop, let name = Self.outcome(of: write) else { continue }
            endings[Ending(outcome: name, mode: stop.modeTaken == .forced ? "forced" : "graceful")]?.increment()
        }
    }

    /// nil for a write that ends no stop.
    private static func outcome(of write: TaskWrite) -> String? {
        switch write.seals {
        case .stopped: "stopped"
        case .withdrawn: "withdrawn"
        default: write.record.status == .stopFailed && write.from != .stopFailed ? "failed" : nil
        }
    }
}

// MARK: - What is handed on as it is

extension MeteredTaskStore {
    func state(of taskID: String) async throws -> TaskState? { try await base.state(of: taskID) }
    func states(of taskIDs: [String]) async throws -> [TaskState?] { try await base.states(of: taskIDs) }
    func spec(of taskID: String) async throws -> TaskSpec? { try await base.spec(of: taskID) }
    func preCheck(of taskID: String) async throws -> PreCheckReport? { try await base.preCheck(of: taskID) }
    func list(_ query: TaskQuery) async throws -> TaskPage { try await base.list(query) }
    func stop(id: String) async throws -> Stop? { try await base.stop(id: id) }
    func receipts(stopID: String) async throws -> [Receipt] { try await base.receipts(stopID: stopID) }
    func request(id: String) async throws -> RequestMemo? { try await base.request(id: id) }
    func live(after: String?, limit: Int) async throws -> TaskPage { try await base.live(after: after, limit: limit) }
    func liveCounts() async throws -> [TaskStatus: Int] { try await base.liveCounts() }
    func events(after revision: UInt64, limit: Int) async throws -> [TaskEvent] {
        try await base.events(after: revision, limit: limit)
    }
    func revision() async throws -> UInt64 { try await base.revision() }
    func waitForRevision(above revision: UInt64) async throws { try await base.waitForRevision(above: revision) }
    func saveProgress(_ progress: [String: MigrationProgress]) async throws { try await base.saveProgress(progress) }
    func progress(of taskID: String) async throws -> MigrationProgress? { try await base.progress(of: taskID) }
    func saveInventory(_ inventory: ObjectInventory, of taskID: String) async throws {
        try await base.saveInventory(inventory, of: taskID)
    }
    func inventory(of taskID: String) async throws -> ObjectInventory? { try await base.inventory(of: taskID) }
    func batch(id: String) async throws -> BatchRecord? { try await base.batch(id: id) }
    func batchPage(id: String, index: UInt32) async throws -> BatchPage? {
        try await base.batchPage(id: id, index: index)
    }
    func batches(after: String?, limit: Int) async throws -> BatchListing {
        try await base.batches(after: after, limit: limit)
    }
    func openBatches() async throws -> [BatchRecord] { try await base.openBatches() }
    func audit(after sequence: UInt64, limit: Int) async throws -> [AuditRecord] {
        try await base.audit(after: sequence, limit: limit)
    }
    func auditHead() async throws -> AuditHead { try await base.auditHead() }
    func saveAlarms(_ alarms: [Alarm], delivers: Bool) async throws -> [Alarm] {
        try await base.saveAlarms(alarms, delivers: delivers)
    }
    func alarms(_ query: AlarmQuery) async throws -> [Alarm] { try await base.alarms(query) }
    func alarms(afterChange change: UInt64, limit: Int) async throws -> [Alarm] {
        try await base.alarms(afterChange: change, limit: limit)
    }
    func deliveries(dueBy nowMs: Int64, limit: Int) async throws -> [AlarmDelivery] {
        try await base.deliveries(dueBy: nowMs, limit: limit)
    }
    func postpone(_ delivery: AlarmDelivery) async throws { try await base.postpone(delivery) }
    func removeDelivery(change: UInt64) async throws { try await base.removeDelivery(change: change) }
    func purgeAlarms(clearedBefore timeMs: Int64) async throws { try await base.purgeAlarms(clearedBefore: timeMs) }
    func close() async { await base.close() }
}
