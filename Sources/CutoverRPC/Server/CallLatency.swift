internal import Synchronization

/// How long the calls of one method took, counted by range without a lock.
struct CallLatency: ~Copyable, Sendable {
    /// The longest time that each bucket takes, in microseconds: 0.1 ms to a minute.
    static let boundsUs: [UInt64] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000, 30_000_000, 60_000_000,
    ]

    /// One a bound, and one for what took longer than the last.
    private let counts: InlineArray<19, Atomic<UInt64>> = InlineArray { _ in Atomic(0) }
    private let sumUs = Atomic<UInt64>(0)

    func count(_ elapsedUs: UInt64) {
        let bucket = Self.boundsUs.firstIndex { elapsedUs <= $0 } ?? Self.boundsUs.count
        counts[bucket].wrappingAdd(1, ordering: .relaxed)
        sumUs.wrappingAdd(elapsedUs, ordering: .relaxed)
    }

    var statistics: RPCServerStatistics.Latency {
        RPCServerStatistics.Latency(
            boundsUs: Self.boundsUs,
            counts: counts.indices.map { counts[$0].load(ordering: .relaxed) },
            sumUs: sumUs.load(ordering: .relaxed))
    }
}
