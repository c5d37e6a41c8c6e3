import CutoverModel
internal import CutoverTasks
internal import Synchronization

/// The live progress of running tasks, kept apart from the store: read by every call, saved now and then.
final class ProgressBoard: Sendable {
    /// One running worker's counters on top of what earlier workers of the task counted.
    private struct Entry {
        var base: MigrationProgress
        var worker: (any ReplicationWorker)?
        var last: MigrationProgress
        var rate = Rate()

        /// The counters now, with their rates.
        mutating func read() -> MigrationProgress {
            var progress = ProgressBoard.merge(base, worker?.status())
            guard worker != nil else { return progress }
            rate.sample(progress)
            progress.rowsPerSecond = rate.rowsPerSecond
            progress.bytesPerSecond = rate.bytesPerSecond
            progress.transactionsPerSecond = rate.transactionsPerSecond
            progress.etaMs = ProgressBoard.etaMs(progress)
            return progress
        }
    }

    /// Rows, bytes and transactions a second, from two readings at least a second apart.
    private struct Rate {
        private var at = ContinuousClock.now
        private var before: (rows: UInt64, bytes: UInt64, transactions: UInt64)?
        private(set) var rowsPerSecond: UInt64 = 0
        private(set) var bytesPerSecond: UInt64 = 0
        private(set) var transactionsPerSecond: UInt64 = 0

        mutating func sample(_ progress: MigrationProgress) {
            let now = ContinuousClock.now
            let totals = (
                rows: progress.rowsCopied &+ progress.rowsApplied, bytes: progress.bytesCopied,
                transactions: progress.transactionsApplied
            )
            let seconds = (now - at) / .seconds(1)
            guard let before else {
                (at, self.before) = (now, totals)
                return
            }
            guard seconds >= 1 else { return }
            rowsPerSecond = Self.perSecond(totals.rows, before.rows, seconds)
            bytesPerSecond = Self.perSecond(totals.bytes, before.bytes, seconds)
            transactionsPerSecond = Self.perSecond(totals.transactions, before.transactions, seconds)
            (at, self.before) = (now, totals)
        }

        /// A copy that starts again counts from none: no rate then.
        private static func perSecond(_ total: UInt64, _ before: UInt64, _ seconds: Double) -> UInt64 {
            total >= before ? UInt64((Double(total - before) / seconds).rounded()) : 0
        }
    }

    /// How long the copy, or catching up, will still take at the present rate; 0 when that is not known.
    static func etaMs(_ progress: MigrationProgress) -> UInt64 {
        if progress.tablesDone < progress.tablesTotal {
            let left = progress.rowsEstimated > progress.rowsCopied ? progress.rowsEstimated - progress.rowsCopied : 0
            return etaMs(left: left, perSecond: progress.rowsPerSecond)
        }
        return etaMs(left: progress.backlogTransactions, perSecond: progress.transactionsPerSecond)
    }

    static func etaMs(left: UInt64, perSecond: UInt64) -> UInt64 {
        perSecond == 0 ? 0 : UInt64(min(Double(left) * 1000 / Double(perSecond), Double(UInt32.max)).rounded())
    }

    private let entries = Mutex<[String: Entry]>([:])
    /// What the stops of tasks came up against, until they go on.
    private let blocks = Mutex<[String: (text: String, attempts: UInt32)]>([:])

    /// Counting goes on from what is stored.
    func attach(_ worker: any ReplicationWorker, taskID: String, stored: MigrationProgress?) {
        entries.withLock { entries in
            let base = entries[taskID].map { Self.merge($0.base, $0.worker?.status()) } ?? stored ?? MigrationProgress()
            entries[taskID] = Entry(base: base, worker: worker, last: base)
        }
    }

    /// The worker is gone; its last counters stay until the task's runner goes.
    func detach(_ taskID: String) {
        entries.withLock { entries in
            guard var entry = entries[taskID] else { return }
            entry.base = Self.merge(entry.base, entry.worker?.status())
            // Rates, waits and lost connections are a worker's: they end with it.
            entry.base.rowsPerSecond = 0
            entry.base.bytesPerSecond = 0
            entry.base.transactionsPerSecond = 0
            entry.base.etaMs = 0
            entry.base.blocker = ""
            entry.base.sourceUnreachableSinceMs = 0
            entry.base.destinationUnreachableSinceMs = 0
            entry.worker = nil
            entries[taskID] = entry
        }
    }

    func remove(_ taskID: String) {
        entries.withLock { _ = $0.removeValue(forKey: taskID) }
        unblock(taskID)
    }

    func progress(of taskID: String) -> MigrationProgress? {
        entries.withLock { entries in entries[taskID]?.read() }
    }

    /// A stop's attempt cannot go on for now.
    /// - Parameter attempts: how many have failed in the present phase.
    func block(_ taskID: String, _ text: String, attempts: UInt32) {
        blocks.withLock { $0[taskID] = (text, attempts) }
    }

    /// It goes on.
    func unblock(_ taskID: String) {
        blocks.withLock { _ = $0.removeValue(forKey: taskID) }
    }

    /// What holds the task up now: what its worker waits for, or what its stop came up against.
    func blocker(of taskID: String) -> String? {
        let waiting = entries.withLock { $0[taskID]?.worker?.status().blocker } ?? ""
        return waiting.isEmpty ? blocks.withLock { $0[taskID]?.text } : waiting
    }

    /// How many attempts of the present phase of a stop have failed.
    func attempts(of taskID: String) -> UInt32 {
        blocks.withLock { $0[taskID]?.attempts ?? 0 }
    }

    /// Workers that are at work now.
    var workers: Int {
        entries.withLock { entries in entries.values.count { $0.worker != nil } }
    }

    /// The progress of every running task.
    func all() -> [String: MigrationProgress] {
        entries.withLock { entries in
            var all: [String: MigrationProgress] = [:]
            for taskID in entries.keys { all[taskID] = entries[taskID]?.read() }
            return all
        }
    }

    /// What changed since the last call.
    func changes() -> [String: MigrationProgress] {
        entries.withLock { entries in
            var changed: [String: MigrationProgress] = [:]
            for taskID in entries.keys {
                guard let now = entries[taskID]?.read(), now != entries[taskID]?.last else { continue }
                entries[taskID]?.last = now
                changed[taskID] = now
            }
            return changed
        }
    }

    /// A worker counts from none: applied changes add up, a copy that starts again replaces the copy before.
    static func merge(_ base: MigrationProgress, _ status: MigrationProgress?) -> MigrationProgress {
        guard var merged = status else { return base }
        merged.rowsApplied &+= base.rowsApplied
        merged.transactionsApplied &+= base.transactionsApplied
        if merged.tablesTotal == 0 {
            merged.tablesTotal = base.tablesTotal
            merged.tablesDone = base.tablesDone
            merged.rowsEstimated = base.rowsEstimated
            merged.rowsCopied = base.rowsCopied
            merged.bytesCopied = base.bytesCopied
            merged.snapshotPosition = base.snapshotPosition
        }
        if merged.appliedPosition.isEmpty { merged.appliedPosition = base.appliedPosition }
        if merged.receivedPosition.isEmpty { merged.receivedPosition = base.receivedPosition }
        if merged.sourcePosition.isEmpty { merged.sourcePosition = base.sourcePosition }
        return merged
    }
}
