import Synchronization

/// Empties the recorder at the end of each interval: sums up what was measured, and keeps what plots need.
final class Collector: Sendable {
    private struct State {
        var total: Recorder.Gathered
        var intervals: [LoadReport.Interval] = []
        var rates: [Double] = []
        var lastNs: UInt64
    }

    private let recorder: Recorder
    private let plan: LoadPlan
    private let startNs: UInt64
    private let inFlight: @Sendable () -> Int
    private let state: Mutex<State>

    /// The most rates that are kept for the live display.
    static let shownRates = 200

    init(recorder: Recorder, plan: LoadPlan, startNs: UInt64, inFlight: @escaping @Sendable () -> Int) {
        self.recorder = recorder
        self.plan = plan
        self.startNs = startNs
        self.inFlight = inFlight
        state = Mutex(State(total: Recorder.Gathered(operations: recorder.operations), lastNs: startNs))
    }

    /// Collects at the end of each interval until it is cancelled. Intervals are laid so that one begins with the window.
    func run(told progress: @Sendable (RunProgress) -> Void) async {
        let intervalNs = plan.times.intervalNs
        let window = recorder.window
        var nextNs = startNs + max(1, (window.startNs - startNs) % intervalNs)
        while !Task.isCancelled {
            let nowNs = MonotonicClock.nowNs
            if nextNs > nowNs { try? await Task.sleep(for: .nanoseconds(Int64(clamping: nextNs - nowNs))) }
            guard !Task.isCancelled else { return }
            progress(.running(collect()))
            nextNs = max(nextNs + intervalNs, MonotonicClock.nowNs)
        }
    }

    /// Takes what was recorded since the last time.
    @discardableResult
    func collect() -> RunSample {
        let gathered = recorder.take()
        let nowNs = MonotonicClock.nowNs
        let window = recorder.window
        // Watch deliveries and the like are not calls: plots show what was sent.
        let driven = gathered.tallies.prefix(plan.mix.parts.count)
        var latency = LatencyHistogram()
        for tally in driven { latency.add(tally.latency) }
        let ended = driven.reduce(0) { $0 + $1.measured }
        let unmeasured = driven.reduce(0) { $0 + $1.unmeasured }
        return state.withLock { state in
            let lengthNs = nowNs - min(nowNs, state.lastNs)
            if nowNs > window.startNs, ended > 0 || nowNs <= window.endNs {
                let beganNs = max(state.lastNs, window.startNs)
                state.intervals.append(
                    LoadReport.Interval(
                        startNs: beganNs - window.startNs, lengthNs: nowNs - min(nowNs, beganNs), ended: ended,
                        failed: driven.reduce(0) { $0 + $1.failed }, latency: IntervalHistogram(latency.counts).counts))
            }
            state.rates.append(LoadReport.perSecond(ended + unmeasured, lengthNs))
            if state.rates.count > Self.shownRates { state.rates.removeFirst() }
            state.total.add(gathered)
            state.lastNs = nowNs
            return sample(state, latest: latency, items: driven.reduce(0) { $0 + $1.items }, lengthNs, nowNs)
        }
    }

    /// Everything that was measured.
    var result: (total: Recorder.Gathered, intervals: [LoadReport.Interval]) {
        state.withLock { ($0.total, $0.intervals) }
    }

    private func sample(
        _ state: State, latest: LatencyHistogram, items: UInt64, _ lengthNs: UInt64, _ nowNs: UInt64
    ) -> RunSample {
        let driven = state.total.tallies.prefix(plan.mix.parts.count)
        var total = LatencyHistogram()
        var failures: [CallFailure: UInt64] = [:]
        for tally in driven {
            total.add(tally.latency)
            failures.merge(tally.failures, uniquingKeysWith: &+)
        }
        let window = recorder.window
        let phase: RunSample.Phase =
            nowNs >= window.endNs
            ? .lastAnswers
            : nowNs >= window.startNs ? .measuring : nowNs - startNs < plan.times.rampNs ? .ramp : .warmUp
        let measured = driven.reduce(0) { $0 + $1.measured }
        let isCountedInItems = plan.mix.parts.contains { $0.operation == "batch-stop" || $0.operation == "list" }
        return RunSample(
            phase: phase, elapsedNs: nowNs - min(nowNs, startNs), totalNs: plan.times.totalNs, rates: state.rates,
            latest: LatencySummary(latest), total: LatencySummary(total), measured: measured,
            failed: driven.reduce(0) { $0 + $1.failed }, failures: failures,
            inFlight: plan.loop.isOpen ? inFlight() : nil,
            itemsPerSecond: isCountedInItems ? LoadReport.perSecond(items, lengthNs) : nil)
    }
}
