import CutoverConsole
import Foundation

/// Reads and writes reports as JSON.
enum ReportFile {
    /// The largest file that is read, in bytes.
    static let limitBytes = 256 << 20

    static func text(_ report: LoadReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
    }

    static func load(_ path: String) throws(UsageProblem) -> LoadReport {
        let data: Data?
        do {
            data = try FileHandle(forReadingFrom: URL(filePath: path)).read(upToCount: limitBytes + 1)
        } catch {
            throw UsageProblem("\(path): cannot be read: \(FileProblem.words(error))")
        }
        guard let data, !data.isEmpty else { throw UsageProblem("\(path): is empty") }
        guard data.count <= limitBytes else { throw UsageProblem("\(path): is larger than \(limitBytes) bytes") }
        return try parse(data, name: path)
    }

    static func parse(_ data: Data, name: String) throws(UsageProblem) -> LoadReport {
        struct Head: Decodable {
            var schema: String
        }
        guard let head = try? JSONDecoder().decode(Head.self, from: data) else {
            throw UsageProblem("\(name): is no report of cutover-load")
        }
        guard head.schema == LoadReport.currentSchema else {
            throw UsageProblem(
                "\(name): is of the form \"\(TextWidth.harmless(head.schema))\"; this command reads \(LoadReport.currentSchema)"
            )
        }
        guard let report = try? JSONDecoder().decode(LoadReport.self, from: data), isSound(report) else {
            throw UsageProblem("\(name): is damaged: a value is missing or is not what it should be")
        }
        return report
    }

    /// Whether every number is small enough to be added to those of other reports.
    private static func isSound(_ report: LoadReport) -> Bool {
        let terms = report.terms
        let sizes = [
            report.processes, terms.connections, terms.inFlight ?? 0, terms.inFlightLimit ?? 0, terms.watchers ?? 0,
            terms.tasks, terms.batchSize ?? 0, terms.payloadBytes ?? 0,
        ]
        let counts =
            [report.windowNs, report.heldBack, terms.rampMs, terms.warmUpMs, terms.durationMs]
            + report.operations.flatMap { [$0.items, $0.endedInWindow, $0.itemsInWindow, $0.unmeasured] }
            + report.operations.flatMap { $0.failures.map(\.calls) }
            + report.intervals.flatMap { [$0.startNs, $0.lengthNs, $0.ended, $0.failed] }
        return report.operations.count <= 64 && report.intervals.count <= 1_000_000
            && sizes.allSatisfy { (0...1_000_000_000).contains($0) }
            && counts.allSatisfy { $0 <= HistogramCounts.maxCalls }
            && (terms.rate.map { $0.isFinite && $0 > 0 && $0 <= Schedule.maxRate } ?? true)
            && (0...10_000_000_000_000).contains(report.startedAtMs)
    }
}
