/// How many lines may be written in each second, so that nobody can fill a disk with them.
struct LineBudget: Sendable {
    let linesPerSecond: Int
    private var second: Int64 = .min
    private var written = 0

    init(linesPerSecond: Int) {
        self.linesPerSecond = linesPerSecond
    }

    /// Takes a line. False when there were enough in this second.
    /// - Parameter nowMs: of a clock that only goes forward.
    mutating func take(nowMs: Int64) -> Bool {
        let now = nowMs / 1_000
        if now != second {
            second = now
            written = 0
        }
        guard written < linesPerSecond else { return false }
        written += 1
        return true
    }
}
