import CutoverModel
import CutoverTasks

/// *Drained* against the source's true history: nothing missing, and for an exact target nothing more.
extension StopHistory {
    mutating func checkDrain(_ stop: Stop, _ before: Stop?, _ ends: SimulatedEnds, _ action: String) {
        if let before, before.id == stop.id, before.drained, !stop.drained {
            breaks(.drainedIsTrue, "\(stop.id): \(action) took back that the stop was drained")
        }
        let moves = stop.phase == .migratingTriggers || stop.phase == .migratingEvents
        let isAgreed = stop.deadlinePassed && stop.onDeadline == .stopUndrained
        if moves, !stop.drained, !isAgreed {
            breaks(.drainedIsTrue, "\(stop.id): objects move although the stop is not drained, by \(action)")
        }
        if stop.drained { check(drained: stop, ends, action) }
    }

    private mutating func check(drained stop: Stop, _ ends: SimulatedEnds, _ action: String) {
        guard let requested = GTIDPosition(stop.requestedPosition) else {
            breaks(.drainedIsTrue, "\(stop.id): drained to \(stop.requestedPosition), which is no position")
            return
        }
        func require(_ holds: Bool, _ what: String) {
            guard !holds else { return }
            breaks(
                .drainedIsTrue,
                "\(stop.id) by \(action): drained to \(stop.requestedPosition), but \(what); "
                    + "the destination has \(ends.appliedPosition), the source \(ends.sourcePosition)")
        }
        require(ends.appliedPosition.reaches(requested), "the destination is not there")
        let accepted = known[stop.id]
        switch stop.drainTo?.point {
        case .gtid:
            require(GTIDPosition(stop.drainTo?.gtid ?? "") == requested, "\(stop.drainTo?.gtid ?? "") was asked for")
            require(!ends.appliedPosition.isBeyond(requested), "the destination is beyond it")
        case .time:
            let count = ends.count(until: (stop.drainTo?.timeMs ?? 0) / 1_000)
            require(ends.position(count) == requested, "the time lies at \(ends.position(count))")
            require(ends.applied == count, "the destination is not exactly there")
        case .applied:
            let least = ends.position(accepted?.appliedAtAcceptance ?? 0)
            require(requested.reaches(least), "it stood at \(least) at acceptance")
            require(requested.reaches(ends.appliedPosition), "the destination is beyond it")
        default:
            let least = ends.position(accepted?.sourceAtAcceptance ?? 0)
            require(requested.reaches(least), "the source stood at \(least) at acceptance")
        }
    }
}
