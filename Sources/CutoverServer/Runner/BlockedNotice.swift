/// Decides when it is worth a revision that a phase still cannot go on: a pure value.
///
/// A stop may be held up for days. Each new reason is written, but at most ten and then one a minute, and the attempts at every
/// power of two; in between, the live blocker tells.
struct BlockedNotice: Sendable, Hashable {
    private static let freeChanges = 10
    private static let changeInterval = Duration.seconds(60)

    private var text = ""
    private var changes = 0
    private var writtenAt: ContinuousClock.Instant?

    /// Whether to write this attempt; if so, it counts as written.
    mutating func isDue(_ text: String, attempts: UInt32, now: ContinuousClock.Instant) -> Bool {
        let isRound = attempts.nonzeroBitCount == 1
        let isNew = text != self.text
        let isQuiet = writtenAt.map { now - $0 >= Self.changeInterval } ?? true
        guard isRound || isNew && (changes < Self.freeChanges || isQuiet) else { return false }
        if isNew { changes += 1 }
        self.text = text
        writtenAt = now
        return true
    }
}
