import CutoverConsole
import Glibc

/// The plots of one report, or of several laid over each other.
struct ReportPlots: Sendable {
    var reports: [LoadReport]

    /// The most points of one line.
    static let maxPoints = 400

    /// Latency by percentile, each nine as wide as the one before.
    var percentiles: LinePlot? {
        var lines: [LinePlot.Line] = []
        var most: UInt64 = 0
        for (name, histogram) in curves where !histogram.isEmpty {
            most = max(most, histogram.count)
            lines.append(.init(name: name, colour: lines.count, points: Self.percentilePoints(histogram)))
        }
        guard most > 0 else { return nil }
        // As many nines as there are calls to tell them apart.
        let nines = min(6, max(2, Int(ceil(log10(Double(most))))))
        return LinePlot(
            label: "Latency by percentile", x: .percentile(nines: nines),
            y: .latency(lines.flatMap { $0.points.map(\.y) }), lines: lines)
    }

    /// What is plotted by percentile: the operations of one report, or all calls of each of several.
    private var curves: [(String, LatencyHistogram)] {
        guard reports.count == 1, let report = reports.first else {
            return reports.map { ($0.title, $0.combinedLatency) }
        }
        return report.operations.prefix(LinePlot.colours).map { ($0.name, LatencyHistogram($0.latency)) }
    }

    private static func percentilePoints(_ histogram: LatencyHistogram) -> [(x: Double, y: Double)] {
        let last = log10(Double(histogram.count))
        var points: [(x: Double, y: Double)] = []
        for index in 0...maxPoints {
            let inverse = pow(10, last * Double(index) / Double(maxPoints))
            points.append((inverse, Double(max(1, histogram.ns(atPercentile: 100 * (1 - 1 / inverse))))))
        }
        return points
    }

    /// Latency over time: the median, p99 and the greatest of each interval.
    var latencyOverTime: LinePlot? {
        var lines: [LinePlot.Line] = []
        for (number, report) in reports.enumerated() {
            let prefix = reports.count > 1 ? "\(report.title): " : ""
            var parts: [(name: String, percentile: Double)] = [("p50", 50), ("p99", 99)]
            if reports.count == 1 { parts.append(("max", 100)) }
            for (index, part) in parts.enumerated() {
                let points = Self.thinned(report.intervals).compactMap { interval -> (x: Double, y: Double)? in
                    let ns = IntervalHistogram(interval.latency).ns(atPercentile: part.percentile)
                    return ns == 0 ? nil : (Self.middle(interval), Double(ns))
                }
                lines.append(
                    .init(
                        name: prefix + part.name, colour: reports.count > 1 ? number : index,
                        isDashed: reports.count > 1 && index == 0, points: points))
            }
        }
        guard lines.contains(where: { !$0.points.isEmpty }) else { return nil }
        return LinePlot(
            label: "Latency over time", x: timeAxis, y: .latency(lines.flatMap { $0.points.map(\.y) }), lines: lines)
    }

    /// Calls a second over time: those that ended, those that were asked for, those that failed.
    var throughputOverTime: LinePlot? {
        var lines: [LinePlot.Line] = []
        for (number, report) in reports.enumerated() {
            let isOne = reports.count == 1
            let intervals = Self.whole(report.intervals)
            lines.append(
                .init(
                    name: isOne ? "answered" : report.title, colour: isOne ? 0 : number,
                    points: intervals.map { (Self.middle($0), LoadReport.perSecond($0.ended, $0.lengthNs)) }))
            guard isOne else { continue }
            if let rate = report.terms.rate, let last = intervals.last {
                let end = Double(last.startNs + last.lengthNs) / 1e9
                lines.append(.init(name: "asked for", colour: 1, isDashed: true, points: [(0, rate), (end, rate)]))
            }
            if report.intervals.contains(where: { $0.failed > 0 }) {
                lines.append(
                    .init(
                        name: "failed", colour: 2,
                        points: intervals.map { (Self.middle($0), LoadReport.perSecond($0.failed, $0.lengthNs)) }))
            }
        }
        guard lines.contains(where: { !$0.points.isEmpty }) else { return nil }
        return LinePlot(
            label: "Calls a second over time", x: timeAxis,
            y: .linear("calls a second", lines.flatMap { $0.points.map(\.y) }) { rate in
                CountFormat.short(UInt64(max(0, min(rate, 1e15)).rounded()))
            }, lines: lines)
    }

    private var timeAxis: PlotAxis {
        let ends = reports.flatMap(\.intervals).map { Double($0.startNs + $0.lengthNs) / 1e9 }
        return .linear("seconds", ends, isTight: true) { seconds in
            seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(LatencyFormat.decimal(seconds, digits: 1)) s"
        }
    }

    private static func middle(_ interval: LoadReport.Interval) -> Double {
        Double(interval.startNs + interval.lengthNs / 2) / 1e9
    }

    /// Intervals long enough for a rate: the last one ends with the run, not with the second.
    private static func whole(_ intervals: [LoadReport.Interval]) -> [LoadReport.Interval] {
        let lengths = intervals.map(\.lengthNs).sorted()
        guard !lengths.isEmpty else { return [] }
        return thinned(intervals.filter { $0.lengthNs >= lengths[lengths.count / 2] / 2 })
    }

    private static func thinned(_ intervals: [LoadReport.Interval]) -> [LoadReport.Interval] {
        let step = max(1, (intervals.count + maxPoints - 1) / maxPoints)
        return step == 1 ? intervals : stride(from: 0, to: intervals.count, by: step).map { intervals[$0] }
    }
}
