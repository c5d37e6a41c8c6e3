import Glibc

/// One axis of a plot: which values it spans, and where its lines and labels are. A pure value.
struct PlotAxis: Sendable, Hashable {
    struct Tick: Sendable, Hashable {
        var value: Double
        var label: String
    }

    var title: String
    var isLogarithmic: Bool
    var low: Double
    var high: Double
    var ticks: [Tick]

    /// Where a value lies, from 0 to 1.
    func place(_ value: Double) -> Double {
        let clamped = min(max(value, low), high)
        guard high > low else { return 0 }
        return isLogarithmic
            ? (log10(clamped) - log10(low)) / (log10(high) - log10(low)) : (clamped - low) / (high - low)
    }

    /// An axis of latencies in nanoseconds, by powers of ten, wide enough for all of these.
    static func latency(_ values: [Double]) -> PlotAxis {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        let least = positive.min() ?? 1e5
        let most = positive.max() ?? 1e6
        let first = floor(log10(least))
        let last = max(first + 1, ceil(log10(most)))
        var ticks: [Tick] = []
        for power in stride(from: first, through: last, by: 1) {
            let value = pow(10, power)
            ticks.append(.init(value: value, label: LatencyFormat.axisText(value)))
        }
        return PlotAxis(title: "latency", isLogarithmic: true, low: pow(10, first), high: pow(10, last), ticks: ticks)
    }

    /// An axis from 0 in round steps, wide enough for all of these.
    ///
    /// - Parameter isTight: It ends with the greatest of them, not with a step.
    static func linear(
        _ title: String, _ values: [Double], isTight: Bool = false, label: (Double) -> String
    ) -> PlotAxis {
        let most = max(values.filter(\.isFinite).max() ?? 1, 1e-9)
        let step = roundStep(most / 5)
        let high = isTight ? most : max(step, ceil(most / step - 1e-9) * step)
        let count = Int((high / step + 1e-9).rounded(.down))
        let ticks = (0...max(0, count)).map { index in
            Tick(value: Double(index) * step, label: label(Double(index) * step))
        }
        return PlotAxis(title: title, isLogarithmic: false, low: 0, high: high, ticks: ticks)
    }

    /// The percentiles as HdrHistogram plots them: each nine as wide as the one before.
    static func percentile(nines: Int) -> PlotAxis {
        var ticks = [Tick(value: 1, label: "0%"), Tick(value: 2, label: "50%")]
        for nine in 1...max(1, nines) {
            let label = nine == 1 ? "90%" : nine == 2 ? "99%" : "99.\(String(repeating: "9", count: nine - 2))%"
            ticks.append(.init(value: pow(10, Double(nine)), label: label))
        }
        return PlotAxis(
            title: "percentile", isLogarithmic: true, low: 1, high: pow(10, Double(max(1, nines))), ticks: ticks)
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is not below a number.
    static func roundStep(_ least: Double) -> Double {
        let power = pow(10, floor(log10(least)))
        for factor in [1.0, 2, 5] where factor * power >= least * (1 - 1e-9) { return factor * power }
        return 10 * power
    }
}
