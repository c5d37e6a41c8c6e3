internal import CoreMetrics
internal import Synchronization

/// A histogram that the registry made: a timer, or a recorder that aggregates.
final class HistogramInstrument: TimerHandler, RecorderHandler, Instrument {
    let key: InstrumentKey
    private let histogram: Mutex<MetricHistogram>

    init(key: InstrumentKey, bounds: [Double]) {
        self.key = key
        histogram = Mutex(MetricHistogram(bounds: bounds))
    }

    var value: MetricValue { .histogram(histogram.withLock { $0 }) }

    /// Times are shown in seconds. A clock that went backwards counts as no time.
    func recordNanoseconds(_ duration: Int64) { record(Double(max(0, duration)) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { histogram.withLock { $0.observe(value) } }
}
