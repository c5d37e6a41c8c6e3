import Synchronization

/// Takes what workers measure. Each worker writes to a lane of its own, so that they do not wait for each other.
final class Recorder: Sendable {
    /// What one lane has gathered since it was last emptied.
    struct Gathered: Sendable {
        /// By operation.
        var tallies: [Tally]
        /// How late calls of an open loop began.
        var startDelay = LatencyHistogram()

        init(operations: Int) {
            tallies = Array(repeating: Tally(), count: operations)
        }

        mutating func add(_ other: Gathered) {
            for index in tallies.indices where index < other.tallies.count { tallies[index].add(other.tallies[index]) }
            startDelay.add(other.startDelay)
        }
    }

    /// A lane is a class of its own so that the locks of two lanes do not share a line of the cache.
    private final class Lane: Sendable {
        let gathered: Mutex<Gathered>

        init(operations: Int) {
            gathered = Mutex(Gathered(operations: operations))
        }
    }

    /// The most lanes: each holds a histogram for every operation.
    static let maxLanes = 8

    let window: MeasuredWindow
    let operations: Int
    private let lanes: [Lane]

    init(window: MeasuredWindow, operations: Int, lanes: Int) {
        self.window = window
        self.operations = operations
        self.lanes = (0..<max(1, min(Self.maxLanes, lanes))).map { _ in Lane(operations: operations) }
    }

    /// Notes a call that has ended.
    ///
    /// - Parameters:
    ///   - lane: Any number; workers with different ones seldom meet.
    ///   - operation: Below ``operations``.
    ///   - measuresStart: Whether the call was to begin at a time of its own, as in an open loop.
    func record(
        lane: Int, operation: Int, _ times: CallTimes, _ result: Result<UInt64, CallFailure>, measuresStart: Bool
    ) {
        let window = window
        lanes[lane % lanes.count].gathered.withLock { gathered in
            if case .success(let items) = result, window.contains(times.endedNs) {
                gathered.tallies[operation].endedInWindow += 1
                gathered.tallies[operation].itemsInWindow += items
            }
            guard times.intendedNs >= window.startNs else {
                gathered.tallies[operation].unmeasured += 1
                return
            }
            switch result {
            case .success(let items):
                gathered.tallies[operation].latency.record(ns: times.latencyNs)
                gathered.tallies[operation].items += items
            case .failure(let failure):
                gathered.tallies[operation].countFailure(failure, latencyNs: times.latencyNs)
            }
            if measuresStart { gathered.startDelay.record(ns: times.startDelayNs) }
        }
    }

    /// Empties the lanes and returns what was in them.
    func take() -> Gathered {
        var sum = Gathered(operations: operations)
        for lane in lanes {
            var taken = Gathered(operations: operations)
            lane.gathered.withLock { swap(&$0, &taken) }
            sum.add(taken)
        }
        return sum
    }
}
