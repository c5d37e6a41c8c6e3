internal import CutoverTasks

extension FollowerProgress.Snapshot {
    /// How long work at the destination may take before it is called waiting.
    private static let patience = Duration.seconds(1)

    /// What holds the follower up at an instant, for people; empty when nothing does.
    ///
    /// - Parameters:
    ///   - now: for the length of a wait.
    ///   - nowMs: our wall clock, to tell the source's.
    func blocker(at now: ContinuousClock.Instant = .now, nowMs: Int64 = WallClock.nowMs) -> String {
        if !failure.isEmpty { return failure }
        if let activity, now - activity.since > Self.patience { return activity.text(at: now) }
        return waitForSource(nowMs: nowMs)
    }

    /// A goal that lies in the future of a source that has nothing more to give for now.
    private func waitForSource(nowMs: Int64) -> String {
        guard let goal, !sourcePosition.isEmpty, appliedPosition.transactions(upTo: sourcePosition) == 0 else {
            return ""
        }
        switch goal {
        case .position(let target):
            guard !sourcePosition.reaches(target) else { return "" }
            return "waiting for the source to reach \(target); it is at \(sourcePosition)"
        case .time(let seconds):
            guard (nowMs + sourceClockAheadMs) / 1000 <= seconds else { return "" }
            return "waiting for the source's clock to pass \(WallClock.utcText(seconds: seconds))"
        }
    }

    /// How far the destination is behind, by the source's clock, in whole seconds as milliseconds.
    ///
    /// While something waits to be applied the lag grows with the clock; else it is that of the last transaction applied.
    func lagMs(nowMs: Int64 = WallClock.nowMs) -> UInt64 {
        guard pendingSince != 0 else { return lagMs }
        let seconds = (nowMs + sourceClockAheadMs) / 1000 - Int64(pendingSince)
        return UInt64(max(0, seconds)) * 1000
    }
}

extension FollowerProgress.Activity {
    fileprivate func text(at now: ContinuousClock.Instant) -> String {
        let length = "\((now - since).components.seconds) s"
        let reason = holder.isEmpty ? "" : ": \(holder)"
        let transaction = gtid.map { "transaction \($0)" } ?? "the checkpoint"
        return switch work {
        case .change(of: let table): "waiting for \(transaction) on \(table), \(length)\(reason)"
        case .commit: "waiting for \(transaction) to commit, \(length)\(reason)"
        case .check: "waiting for the destination to answer, \(length)\(reason)"
        }
    }
}
