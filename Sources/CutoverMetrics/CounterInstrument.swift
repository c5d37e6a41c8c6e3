internal import CoreMetrics
internal import Synchronization

/// A counter that the registry made. Falls never: a negative amount is left out.
final class CounterInstrument: CounterHandler, Instrument {
    let key: InstrumentKey
    private let count = Atomic<UInt64>(0)

    init(key: InstrumentKey) { self.key = key }

    var value: MetricValue { .count(count.load(ordering: .relaxed)) }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func reset() { count.store(0, ordering: .relaxed) }
}
