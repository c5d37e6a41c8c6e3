import CutoverModel

extension Stop {
    /// The drain to this position begins. A GTID is promised as it was asked for, a time only once its position is known.
    mutating func promise(_ position: String) {
        switch drainTo?.point {
        case .gtid: requestedPosition = drainTo?.gtid ?? position
        case .time: requestedPosition = ""
        default: requestedPosition = position
        }
    }

    /// Takes counters in; *drained* is true only if applied reached requested.
    ///
    /// What was drained stays so: nothing that was applied is taken back, and no target is changed after its drain.
    /// - Parameter reached: with the end of a drain: the position that its target came to.
    mutating func take(_ counters: StopCounters, reached: String? = nil) {
        note(counters)
        if let drainTo, drainTo.isExact {
            // Counters may be older than the destination: they cannot tell that it is not beyond the target. The drain's end can.
            guard let reached else { return }
            if drainTo.point == .time { requestedPosition = reached }
        }
        // An empty requested position is a promise too, that of a source without transactions; but only a drain makes one.
        guard !drained, hasBegunDrain, let requested = GTIDPosition(requestedPosition),
            let applied = GTIDPosition(appliedPosition)
        else { return }
        drained = applied.reaches(requested) && isWithinTarget(applied, requested)
    }

    /// Takes counters in, and decides nothing by them.
    mutating func note(_ counters: StopCounters) {
        receivedPosition = Self.later(counters.receivedPosition, than: receivedPosition)
        appliedPosition = Self.later(counters.appliedPosition, than: appliedPosition)
        rowsCopied = max(rowsCopied, counters.rowsCopied)
        rowsApplied = max(rowsApplied, counters.rowsApplied)
        transactionsApplied = max(transactionsApplied, counters.transactionsApplied)
    }

    /// Nothing beyond an exact target is applied: of a GTID in the domains that it names, of a time in any.
    private func isWithinTarget(_ applied: GTIDPosition, _ requested: GTIDPosition) -> Bool {
        switch drainTo?.point {
        case .gtid: !applied.isBeyond(requested)
        case .time: requested.reaches(applied)
        default: true
        }
    }

    /// What is durable at the destination never goes back: counters saved before a crash may be older than what is recorded.
    private static func later(_ new: String, than old: String) -> String {
        guard !new.isEmpty else { return old }
        guard let newPosition = GTIDPosition(new), let oldPosition = GTIDPosition(old) else { return new }
        return newPosition.reaches(oldPosition) ? new : old
    }
}
