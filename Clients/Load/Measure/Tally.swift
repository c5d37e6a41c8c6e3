/// What was counted of one operation in one span of time. A value: tallies of several workers are added up.
struct Tally: Sendable, Equatable {
    /// Calls that belong to the measurement and succeeded.
    var latency = LatencyHistogram()
    /// Those that failed; nil while there is none.
    var failedLatency: LatencyHistogram?
    var failures: [CallFailure: UInt64] = [:]
    /// What the calls that succeeded have done: tasks stopped, tasks listed.
    var items: UInt64 = 0
    /// Calls that succeeded within the window, whenever they began: what throughput is counted by.
    var endedInWindow: UInt64 = 0
    var itemsInWindow: UInt64 = 0
    /// Calls that were to begin before the window: ramp and warm-up.
    var unmeasured: UInt64 = 0

    var failed: UInt64 { failedLatency?.count ?? 0 }
    var measured: UInt64 { latency.count + failed }

    mutating func add(_ other: Tally) {
        latency.add(other.latency)
        if let theirs = other.failedLatency { failedLatency = Self.sum(failedLatency, theirs) }
        failures.merge(other.failures, uniquingKeysWith: &+)
        items += other.items
        endedInWindow += other.endedInWindow
        itemsInWindow += other.itemsInWindow
        unmeasured += other.unmeasured
    }

    mutating func countFailure(_ failure: CallFailure, latencyNs: UInt64) {
        var histogram = failedLatency.take() ?? LatencyHistogram()
        histogram.record(ns: latencyNs)
        failedLatency = histogram
        failures[failure, default: 0] += 1
    }

    private static func sum(_ left: LatencyHistogram?, _ right: LatencyHistogram) -> LatencyHistogram {
        guard var sum = left else { return right }
        sum.add(right)
        return sum
    }
}
