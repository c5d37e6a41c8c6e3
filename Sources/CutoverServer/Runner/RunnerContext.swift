import CutoverModel
internal import CutoverTasks
internal import Logging

/// What every runner shares.
struct RunnerContext: Sendable {
    let ledger: TaskLedger
    let replicator: any Replicator
    let vault: PasswordVault
    let board: ProgressBoard
    let acknowledgements = WorkerAcknowledgements()
    let deadlines = PhaseDeadlines()
    let logger: Logger
    let drainDeadlineMs: Int64
    let phaseDeadlineMs: Int64
    /// Tasks that have been abnormal for so long are stopped; 0 means never.
    var stopAbnormalAfterMs: Int64 = 0
    /// After this long without a fault the attempts of a repair are forgotten.
    var healthyAfterMs: Int64 = 30_000
    /// Pre-checks and graceful stops that run at one time.
    var graceful = JobSlots(limit: 100)
    /// Forced stops that run at one time.
    var forced = JobSlots(limit: 100)

    /// What a worker that is to be made reports first: whether the end of the one before it was seen. It was when there was none,
    /// when this process closed it, or when its failure was recorded, which is done after it was closed.
    func startReport(_ record: TaskRecord) -> WorkerReport {
        let isBetweenAttempts = record.status == .faultRectification && !record.repairRunning
        let isSeen = record.epoch == 0 || isBetweenAttempts || acknowledgements.outcomes(of: record.id) != nil
        return isSeen ? .workerStarting : .workerTakingOver
    }

    /// The job of a task, with its secrets opened.
    /// - Parameter needsSource: false for work at the destination alone, which a lost password of the source must not hold up.
    /// - Throws: `ReplicationError.invalidJob` when the task has no configuration or a password cannot be had.
    func job(for taskID: String, needsSource: Bool = true) async throws -> ReplicationJob {
        guard let spec = try await ledger.store.spec(of: taskID), let source = spec.source,
            let destination = spec.destination
        else { throw ReplicationError(.invalidJob, "The task has no configuration.") }
        do {
            let opened: DatabaseEndpoint
            do {
                opened = try vault.open(source, taskID: taskID, role: "source")
            } catch let error as PasswordError {
                guard !needsSource else { throw error }
                opened = PasswordVault.redact(source) ?? source
            }
            return ReplicationJob(
                taskID: taskID, source: opened,
                destination: try vault.open(destination, taskID: taskID, role: "destination"),
                databases: spec.databases, excludedTables: Set(spec.excludeTables), kind: spec.kind,
                copyConnections: spec.copyConnections == 0 ? 4 : Int(spec.copyConnections),
                chunkBytes: spec.chunkBytes == 0 ? 8 << 20 : Int(spec.chunkBytes))
        } catch let error as PasswordError {
            throw ReplicationError(.invalidJob, error.description)
        }
    }

    /// Lends a worker that only looks, at the task's present epoch, through connections of its own; closes it afterwards.
    /// - Throws: `ReplicationError`, `.timedOut` when the time is over.
    func scout<Result: Sendable>(
        _ job: ReplicationJob, epoch: UInt64, deadlineMs: Int64, _ what: String,
        _ look: @escaping @Sendable (any ReplicationWorker) async throws -> Result
    ) async throws -> Result {
        let scout = replicator.makeWorker(job, epoch: epoch)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await withDeadline(milliseconds: deadlineMs, what, isRetriable: true) { try await look(scout) })
        } catch {
            result = .failure(error)
        }
        // Closing must go on although this task may have been cancelled.
        _ = await Task { await scout.close() }.value
        return try result.get()
    }

    /// A failure as it is recorded: the engine's own text, or for anything else no more than its kind.
    func failure(_ error: any Error) -> TaskFailure {
        let nowMs = ledger.nowMs()
        if let error = error as? ReplicationError {
            return TaskFailure(
                code: error.code.rawValue, message: error.message, atMs: nowMs, retriable: error.isRetriable)
        }
        if let error = error as? TaskStoreError {
            return TaskFailure(code: "STORE", message: error.message, atMs: nowMs, retriable: true)
        }
        return TaskFailure(
            code: "INTERNAL", message: "An unexpected failure of kind \(type(of: error)). See the server's log.",
            atMs: nowMs, retriable: false)
    }
}

/// Runs an operation that may last so long and no longer.
/// - Throws: `ReplicationError.timedOut` with this text when the time is over; the operation is cancelled and awaited.
func withDeadline<Result: Sendable>(
    milliseconds: Int64, _ what: String, isRetriable: Bool = false,
    _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: .milliseconds(max(1, milliseconds)))
            throw ReplicationError(.timedOut, what, isRetriable: isRetriable)
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
