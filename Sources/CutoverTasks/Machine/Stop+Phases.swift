public import CutoverModel

extension Stop {
    /// The most phase records that a stop keeps. A stop that is retried without end folds its oldest attempts.
    public static let maxPhaseRecords = 32

    /// Ends the present phase and begins another.
    mutating func enter(_ next: StopPhase, nowMs: Int64) {
        if let last = phases.indices.last, phases[last].endedAtMs == 0 { phases[last].endedAtMs = nowMs }
        phase = next
        phases.append(PhaseRecord(phase: next, startedAtMs: nowMs))
        while phases.count > Self.maxPhaseRecords, foldOldestAttempt() {}
    }

    /// Makes one record of a phase and its first retry, from the beginning of the one to the end of the other; what lay between
    /// them came to nothing.
    ///
    /// A phase comes back only by a retry, so among more records than twice the phases there is always one to fold.
    /// - Returns: false when no phase came back.
    private mutating func foldOldestAttempt() -> Bool {
        for first in phases.indices where phases[first].phase != .failed {
            let later = phases.index(after: first)
            guard let again = phases[later...].firstIndex(where: { $0.phase == phases[first].phase }) else { continue }
            phases[first].endedAtMs = phases[again].endedAtMs
            phases.removeSubrange(later...again)
            return true
        }
        return false
    }

    /// The last phase is over at once, and with it the stop.
    mutating func end(nowMs: Int64) {
        if let last = phases.indices.last { phases[last].endedAtMs = nowMs }
        endedAtMs = nowMs
        blocker = ""
        attempts = 0
        phaseEtaMs = 0
    }

    /// The time for the drain counts from now.
    mutating func owesDrain(nowMs: Int64) {
        drainDeadlineAtMs = drainDeadlineMs == 0 ? 0 : nowMs + Int64(drainDeadlineMs)
    }

    /// The phase that a failed stop takes up again.
    var phaseToRetry: StopPhase {
        phases.last(where: { $0.phase != .failed })?.phase ?? .accepted
    }

    /// Nothing was done yet that could not be taken back.
    public var isBeforeNoReturn: Bool {
        let present = phase == .failed ? phaseToRetry : phase
        return present == .accepted || present == .draining || present == .waiting
    }

    /// Whether somebody's choice of where to drain to matters to this stop.
    func drains(_ record: TaskRecord) -> Bool {
        modeTaken == .graceful && record.copyDone && !completes
    }

    /// Whether the drain to the present target has begun; one that was begun for an earlier target does not count.
    var hasBegunDrain: Bool {
        guard let drain = phases.lastIndex(where: { $0.phase == .draining }) else { return false }
        return drain > phases.lastIndex { $0.phase == .accepted } ?? -1
    }
}
