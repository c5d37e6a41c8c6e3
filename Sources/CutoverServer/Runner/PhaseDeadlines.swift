import CutoverModel
internal import CutoverTasks
internal import Synchronization

/// When the present phase of each stop is due, by a clock that nobody sets.
///
/// A stop records its times by the wall clock, which may jump. The first look of this process at a phase turns what is left
/// into an instant of the continuous clock, and only that instant counts from then on; what a jump before that look may do is
/// bounded by the phase's whole time.
final class PhaseDeadlines: Sendable {
    /// One phase of one stop; a retry begins it anew, with another time.
    private struct Due {
        var startedAtMs: Int64
        var instant: ContinuousClock.Instant
    }

    private let dues = Mutex<[String: Due]>([:])

    /// When a phase must have ended.
    /// - Parameters:
    ///   - startedAtMs: when it began, by the wall clock; tells one attempt of the phase from another.
    ///   - allowedMs: how long it may take.
    func due(
        _ stopID: String, startedAtMs: Int64, allowedMs: Int64, nowMs: Int64
    ) -> ContinuousClock.Instant {
        dues.withLock { dues in
            if let known = dues[stopID], known.startedAtMs == startedAtMs { return known.instant }
            let leftMs = min(max(0, startedAtMs - nowMs + allowedMs), allowedMs)
            let due = Due(startedAtMs: startedAtMs, instant: .now + .milliseconds(leftMs))
            dues[stopID] = due
            return due.instant
        }
    }

    /// The stop is over, or another process's.
    func forget(_ stopID: String) {
        dues.withLock { _ = $0.removeValue(forKey: stopID) }
    }
}
