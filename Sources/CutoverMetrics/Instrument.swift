/// Something that is written by whoever measures and read by a scrape.
protocol Instrument: AnyObject, Sendable {
    var key: InstrumentKey { get }
    var value: MetricValue { get }
}

/// Where an instrument belongs.
struct InstrumentKey: Sendable, Hashable {
    let name: String
    let labels: MetricLabels
}
