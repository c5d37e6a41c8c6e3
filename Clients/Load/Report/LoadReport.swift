/// What a run has measured. Reports of several processes are merged into one; two reports can be compared.
struct LoadReport: Sendable, Hashable, Codable {
    /// How a run ended.
    enum End: String, Sendable, Hashable, Codable {
        case finished
        case interrupted
        /// There were no more prepared tasks to stop.
        case tasksUsedUp = "tasks-used-up"
    }

    /// One operation of the mix, or what it causes, such as the deliveries to watchers.
    struct Operation: Sendable, Hashable, Codable {
        var name: String
        /// Of calls that succeeded.
        var latency: HistogramCounts
        /// Of calls that failed.
        var failedLatency: HistogramCounts?
        var failures: [Failure]
        /// What calls that succeeded have done: tasks stopped or listed.
        var items: UInt64
        /// Calls that succeeded within the window, whenever they began, and what they have done.
        var endedInWindow: UInt64
        var itemsInWindow: UInt64
        /// Calls before the window.
        var unmeasured: UInt64
        /// Made from ``latency``, for programs that read the file.
        var summary: LatencySummary

        var failed: UInt64 { failures.reduce(0) { $0 + $1.calls } }
    }

    struct Failure: Sendable, Hashable, Codable {
        var failure: CallFailure
        var calls: UInt64
    }

    /// What happened in one span of time, counted from the start of the window.
    struct Interval: Sendable, Hashable, Codable {
        var startNs: UInt64
        var lengthNs: UInt64
        /// Calls that ended, well or not, of all operations.
        var ended: UInt64
        var failed: UInt64
        /// Of the calls that succeeded, of all operations; to two digits.
        var latency: HistogramCounts
    }

    /// The form of the file. A reader refuses another one.
    static let currentSchema = "cutover-load/1"

    var schema = Self.currentSchema
    var version: String
    /// Shown in comparisons.
    var title: String
    var server: String
    /// When the window began, in milliseconds since 1970.
    var startedAtMs: Int64
    var end: End
    var processes: Int
    var terms: RunTerms
    /// How long calls were measured, in nanoseconds; shorter than asked for when the run ended early.
    var windowNs: UInt64
    var operations: [Operation]
    /// How late calls of an open loop began, of all operations: this command's own part of their latency.
    var startDelay: HistogramCounts?
    /// Calls of an open loop that began late because too many were in flight.
    var heldBack: UInt64
    var intervals: [Interval]
    /// What was not as asked for.
    var notes: [String]

    /// Calls of all operations of the mix, measured.
    var succeeded: UInt64 { driven.reduce(0) { $0 + $1.latency.calls.reduce(0, +) } }
    var failed: UInt64 { operations.reduce(0) { $0 + $1.failed } }

    /// The operations whose calls this command sent; the others are what these have caused.
    var driven: [Operation] {
        let names = Set(terms.mix.map(\.operation))
        return operations.filter { names.contains($0.name) }
    }

    /// Calls a second that succeeded within the window.
    var throughput: Double { Self.perSecond(driven.reduce(0) { $0 + $1.endedInWindow }, windowNs) }

    /// The latencies of all operations of the mix together.
    var combinedLatency: LatencyHistogram {
        var sum = LatencyHistogram()
        for operation in driven { sum.add(LatencyHistogram(operation.latency)) }
        return sum
    }

    static func perSecond(_ count: UInt64, _ lengthNs: UInt64) -> Double {
        lengthNs == 0 ? 0 : Double(count) * 1e9 / Double(lengthNs)
    }
}

extension LoadReport.Operation {
    init(name: String, tally: Tally) {
        self.init(
            name: name, latency: tally.latency.counts, failedLatency: tally.failedLatency?.counts,
            failures: tally.failures.map { LoadReport.Failure(failure: $0.key, calls: $0.value) }
                .sorted { ($1.calls, $0.failure.text) < ($0.calls, $1.failure.text) },
            items: tally.items, endedInWindow: tally.endedInWindow, itemsInWindow: tally.itemsInWindow,
            unmeasured: tally.unmeasured, summary: LatencySummary(tally.latency))
    }

    /// The counts as they were before they became a report.
    var tally: Tally {
        var tally = Tally()
        tally.latency = LatencyHistogram(latency)
        tally.failedLatency = failedLatency.map { LatencyHistogram($0) }
        for failure in failures { tally.failures[failure.failure, default: 0] += failure.calls }
        tally.items = items
        tally.endedInWindow = endedInWindow
        tally.itemsInWindow = itemsInWindow
        tally.unmeasured = unmeasured
        return tally
    }
}
