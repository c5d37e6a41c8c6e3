import Foundation

/// Lets the calls of an open loop go at their times, from a thread of its own: tasks that sleep wake too late for that.
final class Pacer: Sendable {
    private let schedule: Schedule
    private let startNs: UInt64
    private let endNs: UInt64
    private let giveUpNs: UInt64
    private let limit: Int
    private let control: RunControl
    private let inFlight: @Sendable () -> Int
    private let release: @Sendable (Range<UInt64>) -> Void

    /// The least time between two wakes: calls due in between go together, at most this late.
    static let leastSleepNs: UInt64 = 20_000
    /// The longest time until the end of the run is noticed.
    static let longestSleepNs: UInt64 = 50_000_000

    /// What became of the calls that did not begin at their time.
    struct Outcome: Sendable, Hashable {
        /// Calls that began late, because too many were in flight.
        var heldBack: UInt64 = 0
        /// Calls that never began.
        var unsent: Range<UInt64> = 0..<0
    }

    /// - Parameters:
    ///   - giveUpNs: When calls that are still held back are given up, so that a run against a server that falls far
    ///     behind ends.
    ///   - limit: The most calls in flight; those that are due wait beyond it, and go when others have ended.
    ///   - release: Is given the numbers of calls that begin now.
    init(
        schedule: Schedule, startNs: UInt64, endNs: UInt64, giveUpNs: UInt64, limit: Int, control: RunControl,
        inFlight: @escaping @Sendable () -> Int, release: @escaping @Sendable (Range<UInt64>) -> Void
    ) {
        self.schedule = schedule
        self.startNs = startNs
        self.endNs = endNs
        self.giveUpNs = giveUpNs
        self.limit = limit
        self.control = control
        self.inFlight = inFlight
        self.release = release
    }

    /// Begins; `ended` is told after the last call was let go.
    func start(ended: @escaping @Sendable (Outcome) -> Void) {
        let thread = Thread { [self] in ended(run()) }
        thread.name = "pacer"
        thread.start()
    }

    private func run() -> Outcome {
        let total = schedule.calls(beforeNs: endNs - startNs)
        var next: UInt64 = 0
        var outcome = Outcome()
        var heldUpTo: UInt64 = 0
        while next < total, !control.hasEnded {
            let nowNs = MonotonicClock.nowNs
            guard nowNs < giveUpNs else {
                outcome.unsent = next..<total
                break
            }
            let due = nowNs < startNs ? 0 : min(total, schedule.calls(beforeNs: nowNs - startNs + 1))
            let room = UInt64(max(0, limit - inFlight()))
            let allowed = min(due, next + room)
            if allowed > next {
                release(next..<allowed)
                next = allowed
            }
            if due > next {
                outcome.heldBack += due - max(next, heldUpTo)
                heldUpTo = due
            }
            let wakeNs = next < total ? startNs + schedule.dueNs(next) : nowNs
            let least = nowNs + Self.leastSleepNs
            MonotonicClock.sleep(untilNs: min(max(wakeNs, least), nowNs + Self.longestSleepNs))
        }
        return outcome
    }
}
