@testable import cutover_load

/// Reports for tests, as a run would have made them.
enum Reports {
    static func terms(rate: Double? = 1_000) -> RunTerms {
        RunTerms(
            mix: [.init(operation: "echo", weight: 1)], rate: rate, connections: 2, inFlight: rate == nil ? 16 : nil,
            inFlightLimit: rate == nil ? nil : 10_000, rampMs: 0, warmUpMs: 2_000, durationMs: 1_000,
            payloadBytes: 128, tasks: 0, migratesDatabases: false, usesTLS: false, seed: 1)
    }

    /// A second of echo.
    static func report(
        latenciesNs: [UInt64], startedAtMs: Int64 = 1_700_000_000_000, title: String = "echo", rate: Double? = 1_000
    ) -> LoadReport {
        var tally = Tally()
        for ns in latenciesNs { tally.latency.record(ns: ns) }
        tally.endedInWindow = UInt64(latenciesNs.count)
        tally.items = UInt64(latenciesNs.count)
        tally.itemsInWindow = UInt64(latenciesNs.count)
        return LoadReport(
            version: "0.1.0", title: title, server: "unix:/run/cutover", startedAtMs: startedAtMs, end: .finished,
            processes: 1, terms: terms(rate: rate), windowNs: 1_000_000_000,
            operations: [LoadReport.Operation(name: "echo", tally: tally)],
            startDelay: rate == nil ? nil : tally.latency.counts, heldBack: 0,
            intervals: [
                LoadReport.Interval(
                    startNs: 0, lengthNs: 1_000_000_000, ended: UInt64(latenciesNs.count), failed: 0,
                    latency: tally.latency.counts)
            ], notes: [])
    }

    static func interval(_ second: UInt64, ended: UInt64, failed: UInt64 = 0) -> LoadReport.Interval {
        LoadReport.Interval(
            startNs: second * 1_000_000_000, lengthNs: 1_000_000_000, ended: ended, failed: failed, latency: .init())
    }
}
