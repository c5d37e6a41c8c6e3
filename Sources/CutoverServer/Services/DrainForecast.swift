import CutoverModel
internal import CutoverTasks

/// How long a drain will take, from what its worker counts.
struct DrainForecast: Sendable {
    let target: DrainTarget?
    /// The GTID position to come to; empty while it is not known.
    let requested: String
    let nowMs: Int64

    /// - Parameter requested: empty before the drain has begun: then the backlog of the source, or the GTID asked for, counts.
    init(_ target: DrainTarget?, requested: String = "", nowMs: Int64) {
        self.target = target
        self.requested = requested
        self.nowMs = nowMs
    }

    /// Milliseconds at the present rate; nil when nothing tells. 0 means that there is nothing to drain.
    func leftMs(_ progress: MigrationProgress) -> UInt64? {
        switch target?.point {
        case .applied where requested.isEmpty: return 0
        case .time:
            guard let timeMs = target?.timeMs, requested.isEmpty else { break }
            // Until then the source may still write what belongs to it; afterwards, nobody knows how much there is.
            return timeMs > nowMs ? UInt64(timeMs - nowMs) : nil
        default: break
        }
        guard let left = transactionsLeft(progress) else { return nil }
        if left == 0 { return 0 }
        return progress.transactionsPerSecond == 0
            ? nil : ProgressBoard.etaMs(left: left, perSecond: progress.transactionsPerSecond)
    }

    private func transactionsLeft(_ progress: MigrationProgress) -> UInt64? {
        let text = requested.isEmpty && target?.point == .gtid ? target?.gtid ?? "" : requested
        guard !text.isEmpty else {
            // A worker that has not heard from its source yet counts no backlog either.
            return progress.sourcePosition.isEmpty ? nil : progress.backlogTransactions
        }
        guard let goal = GTIDPosition(text), let applied = GTIDPosition(progress.appliedPosition), !applied.isEmpty
        else {
            return nil
        }
        return applied.transactions(upTo: goal)
    }
}
