import CutoverTasks
import Dispatch
import Foundation
import GRDB
import Logging
import Synchronization

/// The one connection that writes and checkpoints, with the queue before it.
///
/// Callers put their writes into a bounded queue. Work runs on the serial queue of the connection, never on the cooperative
/// pool: it takes all that waits, makes one commit of it and answers, until nothing waits.
final class StoreWriter: Sendable {
    private struct Waiting {
        var jobs: [StoreJob] = []
        var size = 0
        var isDraining = false
        var isClosed = false
    }

    /// What only the connection's serial queue changes; behind a lock so that the compiler can check it.
    struct Progress: Sendable {
        var head: StoreHead
        var statistics = SQLiteTaskStoreStatistics()
        var writesSinceCheckpoint = 0
        var isIdleCheckDue = false
        /// When room was last looked for on a full disk.
        var lastProbe: ContinuousClock.Instant?
        /// Set when writes are refused for good: when a sync failed, what the disk holds is unknown until the file is opened
        /// again.
        var fault: TaskStoreError?
    }

    let database: DatabaseQueue
    let options: SQLiteTaskStoreOptions
    let waiters: RevisionWaiters
    let ballast: BallastFile
    let progress: Mutex<Progress>
    private let waiting = Mutex(Waiting())
    private let lock: ProcessLock

    init(database: DatabaseQueue, head: StoreHead, options: SQLiteTaskStoreOptions, lock: ProcessLock) {
        self.database = database
        self.options = options
        self.lock = lock
        waiters = RevisionWaiters(revision: UInt64(bitPattern: head.revision), limit: options.waiterLimit)
        ballast = BallastFile(path: options.path + ".ballast", bytes: options.ballastBytes)
        let refusal = TaskStoreError(.failed, "the store was opened for inspection: it is not written")
        progress = Mutex(Progress(head: head, fault: options.isForInspection ? refusal : nil))
    }

    var statistics: SQLiteTaskStoreStatistics {
        var statistics = progress.withLock { $0.statistics }
        statistics.waitingWrites = waiting.withLock { $0.size }
        statistics.waiters = waiters.count
        return statistics
    }

    var isClosed: Bool { waiting.withLock { $0.isClosed } }
    var hasWaiting: Bool { waiting.withLock { !$0.jobs.isEmpty } }

    /// Queues a call and waits for its commit. Not cancellable: the outcome of a write is always told.
    ///
    /// - Parameter work: carried out in the writer's transaction, more than once should that fail.
    /// - Throws: `TaskStoreError`; nothing of the call was done.
    func submit<Answer: Sendable>(
        size: Int, mayUseReserve: Bool, _ work: @escaping @Sendable (inout CommitTransaction) throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                StoreJob(
                    size: size, mayUseReserve: mayUseReserve,
                    perform: { transaction in
                        let answer = try work(&transaction)
                        return { continuation.resume(returning: answer) }
                    },
                    refuse: { continuation.resume(throwing: $0) }))
        }
    }

    private func enqueue(_ job: StoreJob) {
        var mustStart = false
        let refusal = waiting.withLock { waiting -> TaskStoreError? in
            if waiting.isClosed { return .closed }
            if waiting.size >= options.queueLimitWrites {
                return TaskStoreError(.busy, "\(waiting.size) writes wait already: try again later")
            }
            waiting.jobs.append(job)
            waiting.size += job.size
            mustStart = !waiting.isDraining
            waiting.isDraining = true
            return nil
        }
        if let refusal {
            if refusal.code == .busy { progress.withLock { $0.statistics.refusedBusy += 1 } }
            return job.refuse(refusal)
        }
        if mustStart { database.asyncWriteWithoutTransaction { self.drain($0) } }
    }

    private func drain(_ db: Database) {
        while let group = nextGroup() {
            commit(group, db)
            trimUnderLoad(db)
        }
        checkpointIfDue(db)
        scheduleIdleCheck()
    }

    /// All that waits up to the group's limit, at least one call; nil, and the drain has ended, when nothing waits.
    private func nextGroup() -> [StoreJob]? {
        waiting.withLock { waiting in
            guard !waiting.jobs.isEmpty else {
                waiting.isDraining = false
                return nil
            }
            var count = 0
            var size = 0
            while count < waiting.jobs.count {
                let next = waiting.jobs[count].size
                if count > 0, size + next > options.groupLimitWrites { break }
                size += next
                count += 1
            }
            let group = Array(waiting.jobs.prefix(count))
            waiting.jobs.removeFirst(count)
            waiting.size -= size
            return group
        }
    }

    /// Takes no more calls, waits for the accepted ones, and closes the connection.
    func close() async {
        let isFirst = waiting.withLock { waiting in
            defer { waiting.isClosed = true }
            return !waiting.isClosed
        }
        guard isFirst else { return }
        // Behind the drain on the same serial queue.
        await withCheckedContinuation { continuation in
            database.asyncWriteWithoutTransaction { db in
                self.truncateLog(db)
                continuation.resume()
            }
        }
        waiters.close()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do {
                    try self.database.close()
                } catch {
                    self.options.logger.warning("the store was not closed cleanly; it will recover when opened")
                }
                continuation.resume()
            }
        }
        lock.release()
    }
}
