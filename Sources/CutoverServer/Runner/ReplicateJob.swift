import CutoverModel
internal import CutoverTasks
internal import Logging

/// Owns a task while it runs: claims the destination, copies, follows, and repairs lost connections, until it fails, completes
/// or is cancelled.
struct ReplicateJob {
    /// How often the objects that a forced stop would leave behind are read again.
    static let inventoryIntervalMs: Int64 = 30_000
    /// How long a claim of the destination may take; a stop cannot be accepted while a repair makes one.
    static let claimDeadlineMs: Int64 = 60_000

    let context: RunnerContext
    let logger: Logger

    func run(_ initial: TaskState) async throws {
        var state = initial
        let taskID = state.record.id
        while TaskWork(for: state.record) == .replicate {
            if state.record.status == .faultRectification {
                // No longer than the policy's longest wait, whatever the clock was set to meanwhile.
                let left = min(state.record.repairDueAtMs - context.ledger.nowMs(), context.ledger.policy.maxDelayMs)
                try await Task.sleep(for: .milliseconds(max(0, left)))
            }
            guard
                let owned = try await context.ledger.report(
                    context.startReport(state.record), epoch: state.record.epoch, taskID: taskID)
            else { return }
            let epoch = owned.record.epoch
            switch await attempt(owned) {
            case .success(let ended):
                guard let ended else { return }
                state = ended
            case .failure(let error):
                try Task.checkCancellation()
                let failure = context.failure(error)
                logger.warning(
                    "the task's worker failed",
                    metadata: ["code": "\(failure.code)", "retriable": "\(failure.retriable)"])
                guard
                    let failed = try await context.ledger.report(.workerFailed(failure), epoch: epoch, taskID: taskID)
                else { return }
                state = failed
            }
        }
    }

    /// One worker's life. The worker is closed before this returns, whatever happened.
    private func attempt(_ owned: TaskState) async -> Result<TaskState?, any Error> {
        let taskID = owned.record.id
        let job: ReplicationJob
        let stored: MigrationProgress?
        do {
            job = try await context.job(for: taskID)
            stored = try await context.ledger.store.progress(of: taskID)
        } catch {
            return .failure(error)
        }
        context.acknowledgements.workerOpens(taskID)
        let worker = context.replicator.makeWorker(job, epoch: owned.record.epoch)
        context.board.attach(worker, taskID: taskID, stored: stored)
        let result: Result<TaskState?, any Error>
        do {
            result = .success(try await work(worker, job, owned))
        } catch {
            result = .failure(error)
        }
        // Closing must go on although this job may have been cancelled.
        let released = await Task { await worker.close() }.value
        context.acknowledgements.workerClosed(taskID, released)
        context.board.detach(taskID)
        return result
    }

    private func work(
        _ worker: any ReplicationWorker, _ job: ReplicationJob, _ owned: TaskState
    ) async throws -> TaskState? {
        let taskID = owned.record.id
        let epoch = owned.record.epoch
        let checkpoint = try await withDeadline(
            milliseconds: Self.claimDeadlineMs, "The destination could not be claimed in time.", isRetriable: true
        ) {
            try await worker.claim()
        }
        guard var state = try await context.ledger.report(.claimed(checkpoint), epoch: epoch, taskID: taskID) else {
            return nil
        }
        if state.record.status == .fullMigration {
            logger.info("full migration begins")
            let position = try await worker.copy()
            logger.info("full migration ended", metadata: ["position": "\(position)"])
            guard let copied = try await context.ledger.report(.copyEnded, epoch: epoch, taskID: taskID) else {
                return nil
            }
            state = copied
        }
        guard state.record.status == .incrementalMigration else { return state }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await worker.follow(until: nil) }
            group.addTask { await keepInventory(job, epoch: epoch) }
            group.addTask { try await reportHealth(epoch: epoch, taskID: taskID) }
            defer { group.cancelAll() }
            // Following ends only by an error or by cancellation; the side tasks end by cancellation alone.
            try await group.next()
        }
        return nil
    }

    /// Keeps the list of triggers and events up to date through connections of its own.
    private func keepInventory(_ job: ReplicationJob, epoch: UInt64) async {
        while !Task.isCancelled {
            let scout = context.replicator.makeWorker(job, epoch: epoch)
            do {
                let inventory = try await withDeadline(milliseconds: 10_000, "The source did not list its objects.") {
                    try await scout.inventory()
                }
                if try await context.ledger.store.inventory(of: job.taskID)?.objects != inventory.objects {
                    try await context.ledger.store.saveInventory(inventory, of: job.taskID)
                }
            } catch {
                logger.debug("triggers and events could not be listed", metadata: ["kind": "\(type(of: error))"])
            }
            _ = await Task { await scout.close() }.value
            try? await Task.sleep(for: .milliseconds(Self.inventoryIntervalMs))
        }
    }

    /// Says that a task is healthy, unless one of its ends is out of reach just now: a worker that waits for it has no fault yet,
    /// but is not repaired either.
    ///
    /// A store that is away for a moment is no reason to end a worker that works: the report is made again.
    private func reportHealth(epoch: UInt64, taskID: String) async throws {
        while true {
            try await Task.sleep(for: .milliseconds(context.healthyAfterMs))
            let progress = context.board.progress(of: taskID)
            if let progress, progress.sourceUnreachableSinceMs > 0 || progress.destinationUnreachableSinceMs > 0 {
                continue
            }
            _ = try? await context.ledger.report(.healthy, epoch: epoch, taskID: taskID)
        }
    }
}
