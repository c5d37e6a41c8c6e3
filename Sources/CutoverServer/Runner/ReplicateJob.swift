import CutoverModel
internal import CutoverTasks
internal import Logging

/// Owns a task while it runs: claims the destination, copies, follows, and repairs lost connections, until it fails, completes
/// or is cancelled.
struct ReplicateJob {
    /// After this long without a fault the attempts of a repair are forgotten.
    static let healthyAfterMs: Int64 = 30_000
    /// How often the objects that a forced stop would leave behind are read again.
    static let inventoryIntervalMs: Int64 = 30_000

    let context: RunnerContext
    let logger: Logger

    /// - Returns: what the last worker released; nil when none was made.
    func run(_ initial: TaskState) async throws -> [ResourceOutcome]? {
        var state = initial
        var released: [ResourceOutcome]?
        let taskID = state.record.id
        while TaskWork(for: state.record) == .replicate {
            if state.record.status == .faultRectification {
                try await Task.sleep(for: .milliseconds(max(0, state.record.repairDueAtMs - context.ledger.nowMs())))
            }
            guard
                let owned = try await context.ledger.report(
                    .workerStarting, epoch: state.record.epoch, taskID: taskID)
            else { return released }
            let epoch = owned.record.epoch
            let outcome = await attempt(owned)
            released = outcome.released
            switch outcome.result {
            case .success(let ended):
                guard let ended else { return released }
                state = ended
            case .failure(let error):
                try Task.checkCancellation()
                let failure = context.failure(error)
                logger.warning(
                    "the task's worker failed",
                    metadata: ["code": "\(failure.code)", "retriable": "\(failure.retriable)"])
                guard
                    let failed = try await context.ledger.report(.workerFailed(failure), epoch: epoch, taskID: taskID)
                else { return released }
                state = failed
            }
        }
        return released
    }

    /// One worker's life. The worker is closed before this returns, whatever happened.
    private func attempt(
        _ owned: TaskState
    ) async -> (result: Result<TaskState?, any Error>, released: [ResourceOutcome]?) {
        let taskID = owned.record.id
        let job: ReplicationJob
        let stored: MigrationProgress?
        do {
            job = try await context.job(for: taskID)
            stored = try await context.ledger.store.progress(of: taskID)
        } catch {
            return (.failure(error), nil)
        }
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
        context.board.detach(taskID)
        return (result, released)
    }

    private func work(
        _ worker: any ReplicationWorker, _ job: ReplicationJob, _ owned: TaskState
    ) async throws -> TaskState? {
        let taskID = owned.record.id
        let epoch = owned.record.epoch
        let checkpoint = try await worker.claim()
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
            group.addTask { try await worker.follow(until: nil) }
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

    private func reportHealth(epoch: UInt64, taskID: String) async throws {
        try await Task.sleep(for: .milliseconds(Self.healthyAfterMs))
        _ = try await context.ledger.report(.healthy, epoch: epoch, taskID: taskID)
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}
