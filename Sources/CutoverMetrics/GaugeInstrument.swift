internal import CoreMetrics
internal import Synchronization

/// A gauge that the registry made: a meter, or a recorder that does not aggregate.
final class GaugeInstrument: MeterHandler, RecorderHandler, Instrument {
    let key: InstrumentKey
    private let number = Mutex<Double>(0)

    init(key: InstrumentKey) { self.key = key }

    var value: MetricValue { .number(number.withLock { $0 }) }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { number.withLock { $0 = value } }
    func increment(by amount: Double) { number.withLock { $0 += amount } }
    func decrement(by amount: Double) { increment(by: -amount) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
}
