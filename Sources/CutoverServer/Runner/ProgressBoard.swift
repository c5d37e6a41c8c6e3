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
            return progress
        }
    }

    /// Rows and bytes a second, from two readings at least a second apart.
    private struct Rate {
        private var at = ContinuousClock.now
        private var rows: UInt64?
        private var bytes: UInt64 = 0
        private(set) var rowsPerSecond: UInt64 = 0
        private(set) var bytesPerSecond: UInt64 = 0

        mutating func sample(_ progress: MigrationProgress) {
            let now = ContinuousClock.now
            let total = progress.rowsCopied &+ progress.rowsApplied
            let seconds = (now - at) / .seconds(1)
            guard let before = rows else {
                (at, rows, bytes) = (now, total, progress.bytesCopied)
                return
            }
            guard seconds >= 1 else { return }
            // A copy that starts again counts from none: no rate then.
            rowsPerSecond = total >= before ? UInt64(Double(total - before) / seconds) : 0
            bytesPerSecond = progress.bytesCopied >= bytes ? UInt64(Double(progress.bytesCopied - bytes) / seconds) : 0
            (at, rows, bytes) = (now, total, progress.bytesCopied)
        }
    }

    private let entries = Mutex<[String: Entry]>([:])

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
            entry.base.rowsPerSecond = 0
            entry.base.bytesPerSecond = 0
            entry.worker = nil
            entries[taskID] = entry
        }
    }

    func remove(_ taskID: String) {
        entries.withLock { _ = $0.removeValue(forKey: taskID) }
    }

    func progress(of taskID: String) -> MigrationProgress? {
        entries.withLock { entries in entries[taskID]?.read() }
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
