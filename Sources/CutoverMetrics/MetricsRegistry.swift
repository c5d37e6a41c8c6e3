public import CoreMetrics
internal import Synchronization

/// What a process measures: the backend of swift-metrics, and what is only looked up when somebody asks.
///
/// Counters, meters, timers (in seconds, by ``MetricHistogram/secondsBounds``) and recorders that are made through swift-metrics
/// are kept here. What a server counts anyway is not counted a second time: a collector turns it into families at each scrape.
/// There are at most ``maxFamilies`` metrics of ``MetricFamily/maxSeries`` series each.
public final class MetricsRegistry: MetricsFactory {
    /// Says how things stand. A family that cannot be had is left out.
    public typealias Collector = @Sendable () async -> [MetricFamily]

    /// The most metrics that instruments are made for; what measures a further one is not shown.
    public static let maxFamilies = 200

    private struct Family {
        let kind: MetricFamily.Kind
        var instruments: [MetricLabels: any Instrument] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var helps: [String: String] = [:]
        var collectors: [Collector] = []
        var rendering: Task<String, Never>?
        var waiting = 0
    }

    private let state = Mutex(State())
    private let maxSeries: Int

    /// - Parameter maxSeries: of one metric.
    public init(maxSeries: Int = MetricFamily.maxSeries) {
        self.maxSeries = maxSeries
    }

    /// Says in a sentence what the metric of this name measures.
    public func describe(_ name: String, _ help: String) {
        state.withLock { state in
            guard state.helps.count < Self.maxFamilies else { return }
            state.helps[MetricName.metric(name)] = help
        }
    }

    /// Asks this, too, at each scrape; for the process's parts, which are made once.
    public func collect(_ collector: @escaping Collector) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// Everything as it stands now, as Prometheus reads it. Who asks while an answer is being made gets that one.
    public func render() async -> String {
        let task = state.withLock { state in
            state.waiting += 1
            if let rendering = state.rendering { return rendering }
            let task = Task { await self.renderNow() }
            state.rendering = task
            return task
        }
        defer { state.withLock { $0.waiting -= 1 } }
        return await task.value
    }

    /// Those who wait for an answer now.
    var waiting: Int { state.withLock { $0.waiting } }

    private func renderNow() async -> String {
        var families = snapshot()
        for collector in state.withLock({ $0.collectors }) { families += await collector() }
        let text = PrometheusText.render(families)
        state.withLock { $0.rendering = nil }
        return text
    }

    private func snapshot() -> [MetricFamily] {
        state.withLock { state in
            state.families.map { name, kept in
                var family = MetricFamily(name, kept.kind, state.helps[name] ?? "")
                for (labels, instrument) in kept.instruments {
                    family.add(instrument.value, labels, maxSeries: .max)
                }
                return family
            }
        }
    }

    // MARK: - MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        instrument(label, dimensions, .counter) { CounterInstrument(key: $0) }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        instrument(label, dimensions, .gauge) { GaugeInstrument(key: $0) }
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return instrument(label, dimensions, .gauge) { GaugeInstrument(key: $0) } }
        return instrument(label, dimensions, .histogram) {
            HistogramInstrument(key: $0, bounds: MetricHistogram.amountBounds)
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        instrument(label, dimensions, .histogram) {
            HistogramInstrument(key: $0, bounds: MetricHistogram.secondsBounds)
        }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// The instrument of a series, made when there is none yet. One whose name is taken by another kind, or for which there is
    /// no room, works as any other and is not shown.
    private func instrument<Made: Instrument>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind, make: (InstrumentKey) -> Made
    ) -> Made {
        let name = MetricName.metric(label)
        var labels = MetricLabels(dimensions)
        return state.withLock { state in
            guard state.families[name] != nil || state.families.count < Self.maxFamilies else {
                return make(InstrumentKey(name: name, labels: labels))
            }
            var family = state.families[name] ?? Family(kind: kind)
            if family.instruments[labels] == nil, family.instruments.count >= maxSeries { labels = .overflow }
            if let known = family.instruments[labels] {
                return known as? Made ?? make(InstrumentKey(name: name, labels: labels))
            }
            let made = make(InstrumentKey(name: name, labels: labels))
            guard family.kind == kind else { return made }
            family.instruments[labels] = made
            state.families[name] = family
            return made
        }
    }

    /// Forgets a series, for all who hold its instrument; the one of the overflow stays.
    private func remove(_ handler: AnyObject) {
        guard let instrument = handler as? any Instrument, instrument.key.labels != .overflow else { return }
        let key = instrument.key
        state.withLock { state in
            guard state.families[key.name]?.instruments[key.labels] === instrument else { return }
            state.families[key.name]?.instruments[key.labels] = nil
            if state.families[key.name]?.instruments.isEmpty == true { state.families[key.name] = nil }
        }
    }
}
