import CutoverModel

/// What is known of one stop that the command line waits for. A pure value.
struct FollowedStop: Sendable {
    var stop: Stop
    /// The task as last seen; nil before the first change, or once the task was deleted.
    var task: MigrationTask?
    private(set) var estimate = DrainEstimate()

    init(_ stop: Stop) {
        self.stop = stop
    }

    /// The task was deleted: nothing more will be told of it.
    private(set) var isGone = false

    var hasEnded: Bool { isGone || stop.phase == .stopped || stop.phase == .failed }

    /// Takes in a newer state; a message about an older state of another stop changes nothing.
    mutating func observe(_ event: WatchEvent, nowMs: Int64) {
        if let task = event.task { self.task = task } else if event.event != nil { isGone = true }
        if let newer = event.stop, newer.id == stop.id { stop = newer }
        if stop.phase == .draining || stop.phase == .accepted, let progress = event.task?.progress {
            estimate.observe(lagMs: progress.lagMs, atMs: nowMs)
        }
    }

    /// What shows in a plain line when it changes.
    var headline: Headline {
        Headline(phase: stop.phase, mode: stop.modeTaken, blocker: stop.blocker, attempts: stop.attempts)
    }

    struct Headline: Sendable, Hashable {
        var phase: StopPhase
        var mode: StopMode
        var blocker: String
        var attempts: UInt32
    }
}
