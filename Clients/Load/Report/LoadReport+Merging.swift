extension LoadReport {
    /// One report of what several processes have measured at the same time.
    ///
    /// Counts and rates add up; the longest window is the window of all. Intervals are laid over each other by the clock of
    /// the machine.
    ///
    /// - Returns: nil when there is none.
    static func merging(_ reports: [LoadReport]) -> LoadReport? {
        guard var merged = reports.min(by: { $0.startedAtMs < $1.startedAtMs }), reports.count > 1 else {
            return reports.first
        }
        merged.processes = reports.reduce(0) { $0 + $1.processes }
        merged.windowNs = reports.map(\.windowNs).max() ?? 0
        merged.heldBack = reports.reduce(0) { $0 + $1.heldBack }
        merged.end = reports.map(\.end).first { $0 != .finished } ?? .finished
        merged.operations = mergedOperations(reports)
        merged.startDelay = mergedHistogram(reports.compactMap(\.startDelay))
        merged.intervals = mergedIntervals(reports, fromMs: merged.startedAtMs)
        merged.terms.connections = reports.reduce(0) { $0 + $1.terms.connections }
        merged.terms.tasks = reports.reduce(0) { $0 + $1.terms.tasks }
        if reports.allSatisfy({ $0.terms.rate != nil }) {
            merged.terms.rate = reports.reduce(0) { $0 + ($1.terms.rate ?? 0) }
            merged.terms.inFlightLimit = reports.reduce(0) { $0 + ($1.terms.inFlightLimit ?? 0) }
        }
        if merged.terms.watchers != nil {
            merged.terms.watchers = reports.reduce(0) { $0 + ($1.terms.watchers ?? 0) }
        }
        merged.notes = mergedNotes(reports)
        return merged
    }

    private static func mergedOperations(_ reports: [LoadReport]) -> [Operation] {
        var names: [String] = []
        var tallies: [String: Tally] = [:]
        for operation in reports.flatMap(\.operations) {
            if tallies[operation.name] == nil { names.append(operation.name) }
            tallies[operation.name, default: Tally()].add(operation.tally)
        }
        return names.map { Operation(name: $0, tally: tallies[$0] ?? Tally()) }
    }

    private static func mergedHistogram(_ counts: [HistogramCounts]) -> HistogramCounts? {
        guard !counts.isEmpty else { return nil }
        var sum = LatencyHistogram()
        for part in counts { sum.add(LatencyHistogram(part)) }
        return sum.counts
    }

    private static func mergedIntervals(_ reports: [LoadReport], fromMs startMs: Int64) -> [Interval] {
        guard let length = reports.compactMap({ $0.intervals.first?.lengthNs }).max(), length > 0 else { return [] }
        var slots: [UInt64: Interval] = [:]
        for report in reports {
            // Both are times of the same clock in milliseconds; a report of another day is no overlap, and is kept apart.
            let shiftNs = UInt64(clamping: report.startedAtMs - startMs) &* 1_000_000
            for interval in report.intervals {
                let (at, overflow) = interval.startNs.addingReportingOverflow(shiftNs)
                guard !overflow else { continue }
                // To the nearest slot: processes begin within some milliseconds of each other.
                let slot = (at / length) + (at % length >= length / 2 ? 1 : 0)
                var sum =
                    slots[slot]
                    ?? Interval(startNs: slot &* length, lengthNs: length, ended: 0, failed: 0, latency: .init())
                sum.ended &+= interval.ended
                sum.failed &+= interval.failed
                var latency = IntervalHistogram(sum.latency)
                latency.add(interval.latency)
                sum.latency = latency.counts
                slots[slot] = sum
            }
        }
        return slots.keys.sorted().compactMap { slots[$0] }
    }

    private static func mergedNotes(_ reports: [LoadReport]) -> [String] {
        var notes: [String] = []
        for note in reports.flatMap(\.notes) where !notes.contains(note) { notes.append(note) }
        let terms = Set(
            reports.map { report in
                "\(report.terms.mixText), \(report.terms.durationMs), \(report.terms.rate == nil), \(report.server)"
            })
        if terms.count > 1 { notes.append("The merged runs had different terms.") }
        return notes
    }
}
