import CutoverClient
import CutoverModel

/// What is known of one stop that the command line waits for. A pure value.
struct FollowedStop: Sendable {
    private(set) var stop: Stop
    /// The task as last seen; nil before the first change, or once the task was deleted.
    private(set) var task: MigrationTask?
    private var lag = DrainEstimate()
    private var backlog = DrainEstimate()

    init(_ stop: Stop) {
        self.stop = stop
    }

    /// The task was deleted: nothing more will be told of it.
    private(set) var isGone = false

    var hasEnded: Bool { isGone || stop.hasEnded }

    /// Takes in a newer state; what is told of another stop of the task changes nothing.
    mutating func observe(_ event: WatchEvent, nowMs: Int64) {
        if let task = event.task { self.task = task } else if event.event != nil { isGone = true }
        if let newer = event.stop, newer.id == stop.id { stop = newer }
        guard stop.phase == .draining || stop.phase == .accepted, let progress = event.task?.progress else { return }
        lag.observe(left: progress.lagMs, atMs: nowMs)
        backlog.observe(left: progress.backlogTransactions, atMs: nowMs)
    }

    /// Takes in the stop as the server answered it.
    mutating func observe(_ newer: Stop) {
        if newer.id == stop.id { stop = newer }
    }

    /// How far the drain has come: by transactions where the server counts them, else by the lag.
    var drain: DrainEstimate { backlog.progress.total > 0 ? backlog : lag }

    /// How long the present phase will still take, in milliseconds; nil when nobody can tell.
    var remainingMs: UInt64? {
        if stop.phaseEtaMs > 0 { return stop.phaseEtaMs }
        return stop.phase == .draining ? drain.remainingMs : nil
    }

    /// What holds the stop up now, or empty. While it drains that is what holds the task up.
    var blocker: String {
        guard stop.blocker.isEmpty, stop.phase == .draining else { return stop.blocker }
        return task?.progress?.blocker ?? ""
    }

    /// What shows in a plain line when it changes. Of a blocker that grows older by the second only the beginning counts.
    var headline: Headline {
        Headline(
            phase: stop.phase, mode: stop.modeTaken, blocker: String(blocker.prefix { !$0.isNumber || !$0.isASCII }),
            isBlocked: !blocker.isEmpty, attempts: stop.attempts)
    }

    struct Headline: Sendable, Hashable {
        var phase: StopPhase
        var mode: StopMode
        var blocker: String
        var isBlocked: Bool
        var attempts: UInt32
    }
}
