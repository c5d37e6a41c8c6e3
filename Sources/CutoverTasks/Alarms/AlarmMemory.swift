import CutoverModel

/// What must be remembered of a task from one look to the next because no record tells it: since when.
///
/// Kept in memory. A restarted server begins anew, which makes an alarm later, never wrong.
public struct AlarmMemory: Sendable, Hashable {
    /// What a drain has applied; it gets further when this changes.
    private struct Mark: Sendable, Hashable {
        var transactions: UInt64
        var rows: UInt64
        var position: String
    }

    /// Since when the worker of this epoch has had a connection to each end; 0 while it has none.
    private(set) var sourceConnectedSinceMs: Int64 = 0
    private(set) var destinationConnectedSinceMs: Int64 = 0
    /// Since when the lag has been above its threshold; 0 while it is not.
    private(set) var lagHighSinceMs: Int64 = 0
    /// Since when a drain has applied nothing; 0 outside of a drain.
    private(set) var drainStillSinceMs: Int64 = 0
    /// Since when the present phase of a stop has been retried; 0 while it is not.
    private(set) var retriedSinceMs: Int64 = 0
    private var epoch: UInt64 = 0
    private var mark: Mark?
    private var retriedPhase = StopPhase.unspecified

    public init() {}

    /// True when nothing is remembered that another look would not find out by itself.
    public var isEmpty: Bool {
        lagHighSinceMs == 0 && drainStillSinceMs == 0 && retriedSinceMs == 0
    }

    /// Takes a look in.
    public mutating func observe(_ situation: AlarmSituation, nowMs: Int64, thresholds: AlarmThresholds) {
        observeConnections(situation, nowMs)
        let record = situation.record
        if record.status == .incrementalMigration, let progress = situation.progress {
            Self.note(&lagHighSinceMs, holds: progress.lagMs > UInt64(clamping: thresholds.lagMs), nowMs)
        } else if record.status != .faultRectification {
            lagHighSinceMs = 0
        }
        observeStop(situation, nowMs)
    }

    private mutating func observeConnections(_ situation: AlarmSituation, _ nowMs: Int64) {
        if situation.record.epoch != epoch {
            epoch = situation.record.epoch
            sourceConnectedSinceMs = 0
            destinationConnectedSinceMs = 0
        }
        let progress = situation.record.status.isReplicating ? situation.progress : nil
        Self.note(&sourceConnectedSinceMs, holds: progress.map { $0.sourceUnreachableSinceMs == 0 } ?? false, nowMs)
        Self.note(
            &destinationConnectedSinceMs, holds: progress.map { $0.destinationUnreachableSinceMs == 0 } ?? false, nowMs)
    }

    private mutating func observeStop(_ situation: AlarmSituation, _ nowMs: Int64) {
        let stop = situation.record.status == .stopping ? situation.stop : nil
        let phase = stop?.phase ?? .unspecified
        if phase != retriedPhase { retriedSinceMs = 0 }
        retriedPhase = phase
        Self.note(&retriedSinceMs, holds: (stop?.attempts ?? 0) > 0, nowMs)
        guard phase == .draining else {
            drainStillSinceMs = 0
            mark = nil
            return
        }
        let progress = situation.progress
        let next = Mark(
            transactions: progress?.transactionsApplied ?? 0, rows: progress?.rowsApplied ?? 0,
            position: progress?.appliedPosition ?? "")
        if next != mark { drainStillSinceMs = 0 }
        mark = next
        Self.note(&drainStillSinceMs, holds: true, nowMs)
    }

    /// Begins to count when something begins to hold, and anew when the clock was set back behind the beginning.
    private static func note(_ sinceMs: inout Int64, holds: Bool, _ nowMs: Int64) {
        if !holds {
            sinceMs = 0
        } else if sinceMs == 0 || sinceMs > nowMs {
            sinceMs = nowMs
        }
    }
}
