import CoreMetrics
import Synchronization
import Testing

@testable import CutoverMetrics

@Suite struct MetricsRegistryTests {
    @Test func everyInstrumentOfSwiftMetricsIsShown() async {
        let registry = MetricsRegistry()
        registry.describe("jobs_total", "Jobs.")
        let counter = Counter(label: "jobs_total", dimensions: [("kind", "a")], factory: registry)
        counter.increment(by: 3)
        counter.increment(by: -1)
        Counter(label: "jobs_total", dimensions: [("kind", "a")], factory: registry).increment()
        let meter = Meter(label: "level", factory: registry)
        meter.set(2.5)
        meter.increment(by: 1)
        Gauge(label: "queue", factory: registry).record(9)
        let timer = Timer(label: "wait_seconds", factory: registry)
        timer.recordMilliseconds(30)
        timer.recordNanoseconds(-5)
        Recorder(label: "size_bytes", dimensions: [], aggregate: true, factory: registry).record(500)
        let text = await registry.render()
        #expect(text.contains("# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total{kind=\"a\"} 4\n"))
        #expect(text.contains("# TYPE level gauge\nlevel 3.5\n"))
        #expect(text.contains("# TYPE queue gauge\nqueue 9\n"))
        #expect(text.contains("wait_seconds_bucket{le=\"0.025\"} 1\nwait_seconds_bucket{le=\"0.05\"} 2\n"))
        #expect(text.contains("wait_seconds_sum 0.03\nwait_seconds_count 2\n"))
        #expect(text.contains("size_bytes_bucket{le=\"100\"} 0\nsize_bytes_bucket{le=\"1000\"} 1\n"))
        counter.destroy()
        #expect(await !registry.render().contains("jobs_total"))
    }

    @Test func theSeriesOfAMetricAreBounded() async {
        let registry = MetricsRegistry(maxSeries: 10)
        for index in 0..<1_000 {
            Counter(label: "calls_total", dimensions: [("method", "\(index)")], factory: registry).increment()
        }
        let lines = await registry.render().split(separator: "\n")
        #expect(lines.count == 1 + 10 + 1)
        #expect(lines.contains("calls_total{overflow=\"true\"} 990"))
    }

    @Test func theMetricsAreBounded() async {
        let registry = MetricsRegistry()
        for index in 0..<(MetricsRegistry.maxFamilies + 50) {
            Counter(label: "metric_\(index)_total", factory: registry).increment()
        }
        let types = await registry.render().split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(types.count == MetricsRegistry.maxFamilies)
    }

    @Test func aNameThatIsTakenByAnotherKindIsNotShownTwice() async {
        let registry = MetricsRegistry()
        Counter(label: "x", factory: registry).increment()
        Timer(label: "x", factory: registry).recordSeconds(1)
        Meter(label: "x", dimensions: [("other", "series")], factory: registry).set(5)
        #expect(await registry.render() == "# TYPE x counter\nx 1\n")
    }

    @Test func whoAsksWhileAnAnswerIsMadeGetsThatOne() async {
        let registry = MetricsRegistry()
        let rounds = Mutex(0)
        let (release, releaser) = AsyncStream.makeStream(of: Void.self)
        let (entered, enterer) = AsyncStream.makeStream(of: Void.self)
        registry.collect {
            let round = rounds.withLock { rounds in
                rounds += 1
                return rounds
            }
            enterer.yield()
            for await _ in release { break }
            return [MetricFamily("round", .gauge, "").with(.count(round))]
        }
        let first = Task { await registry.render() }
        for await _ in entered { break }
        let others = (0..<20).map { _ in Task { await registry.render() } }
        while registry.waiting < 21 { await Task.yield() }
        releaser.finish()
        #expect(await first.value == "# TYPE round gauge\nround 1\n")
        for other in others { #expect(await other.value == "# TYPE round gauge\nround 1\n") }
        #expect(await registry.render() == "# TYPE round gauge\nround 2\n")
    }
}
