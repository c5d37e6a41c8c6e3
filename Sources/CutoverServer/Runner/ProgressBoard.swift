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
        entries.withLock { entries in entries[taskID].map { Self.merge($0.base, $0.worker?.status()) } }
    }

    /// The progress of every running task.
    func all() -> [String: MigrationProgress] {
        entries.withLock { entries in entries.mapValues { Self.merge($0.base, $0.worker?.status()) } }
    }

    /// What changed since the last call.
    func changes() -> [String: MigrationProgress] {
        entries.withLock { entries in
            var changed: [String: MigrationProgress] = [:]
            for (taskID, entry) in entries {
                let now = Self.merge(entry.base, entry.worker?.status())
                guard now != entry.last else { continue }
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
