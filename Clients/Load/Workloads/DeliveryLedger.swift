import CutoverClient

/// Which deliveries to watchers are due, and which have come. A pure value.
struct DeliveryLedger: Sendable {
    /// When the stop of each task was to be sent.
    private var intendedNs: [String: UInt64] = [:]
    private var expected: UInt64 = 0
    private var delivered: UInt64 = 0

    /// Notes a stop that is about to be asked for: watchers may be told of it before the call is answered.
    mutating func begin(_ taskID: String, intendedNs ns: UInt64) {
        intendedNs[taskID] = ns
    }

    /// Notes a stop that was accepted, of which so many watchers will be told.
    mutating func expect(_ watchers: Int) {
        expected += UInt64(watchers)
    }

    /// Notes a change that a watcher was told of. Each stop counts once for each watcher, by the task's first change: a task
    /// that is STOPPING before it is STOPPED is told of twice.
    ///
    /// - Returns: When the stop was to be sent; nil for any other change.
    mutating func take(_ change: TaskEvent) -> UInt64? {
        guard change.from != .stopping, let ns = intendedNs[change.taskId] else { return nil }
        delivered += 1
        return ns
    }

    /// Deliveries that have not come yet.
    var missing: UInt64 { expected > delivered ? expected - delivered : 0 }
}
