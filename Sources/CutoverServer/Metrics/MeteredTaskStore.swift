internal import CoreMetrics
import CutoverModel
internal import CutoverMetrics
internal import CutoverTasks

/// A store whose commits are timed, and whose ended stops are counted: every transition comes through here.
struct MeteredTaskStore: ForwardingTaskStore {
    private static let commitSeconds = "cutover_store_commit_duration_seconds"
    private static let commitFailures = "cutover_store_commit_failures_total"
    private static let stopsFinished = "cutover_stops_finished_total"

    /// How a stop ended.
    private struct Ending: Hashable {
        let outcome: String
        let mode: String
    }

    private static let outcomes = ["stopped", "withdrawn", "failed"]
    private static let modes = ["graceful", "forced"]

    let base: any TaskStore
    private let commits: Timer
    private let failures: Counter
    private let endings: [Ending: Counter]

    init(_ base: any TaskStore, metrics: MetricsRegistry) {
        self.base = base
        metrics.describe(
            Self.commitSeconds, "From the order of a change to its durability, the wait for the commit included.")
        metrics.describe(Self.commitFailures, "Changes that the store could not write.")
        metrics.describe(
            Self.stopsFinished,
            "Stops that ended since the server started, by outcome (stopped, withdrawn, failed) and mode; a failed one that is "
                + "retried ends again.")
        commits = Timer(label: Self.commitSeconds, factory: metrics)
        failures = Counter(label: Self.commitFailures, factory: metrics)
        var endings: [Ending: Counter] = [:]
        for outcome in Self.outcomes {
            for mode in Self.modes {
                endings[Ending(outcome: outcome, mode: mode)] = Counter(
                    label: Self.stopsFinished, dimensions: [("outcome", outcome), ("mode", mode)], factory: metrics)
            }
        }
        self.endings = endings
    }

    func apply(_ writes: [TaskWrite]) async throws -> [WriteOutcome] {
        let outcomes = try await timed { try await base.apply(writes) }
        count(writes, outcomes)
        return outcomes
    }

    func apply(_ batch: BatchWrite, with writes: [TaskWrite], atomically: Bool) async throws -> BatchOutcome {
        let outcome = try await timed { try await base.apply(batch, with: writes, atomically: atomically) }
        switch outcome {
        case .applied(_, let outcomes), .partial(let outcomes): count(writes, outcomes)
        case .refused, .lost: break
        }
        return outcome
    }

    private func timed<Result: Sendable>(_ commit: () async throws -> Result) async throws -> Result {
        let begin = ContinuousClock.now
        do {
            let result = try await commit()
            let elapsed = (ContinuousClock.now - begin).components
            commits.recordNanoseconds(elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
            return result
        } catch {
            failures.increment()
            throw error
        }
    }

    private func count(_ writes: [TaskWrite], _ outcomes: [WriteOutcome]) {
        for (write, outcome) in zip(writes, outcomes) where outcome.stands {
            guard let stop = write.stop, let name = Self.outcome(of: write) else { continue }
            endings[Ending(outcome: name, mode: stop.modeTaken == .forced ? "forced" : "graceful")]?.increment()
        }
    }

    /// nil for a write that ends no stop.
    private static func outcome(of write: TaskWrite) -> String? {
        switch write.seals {
        case .stopped: "stopped"
        case .withdrawn: "withdrawn"
        default: write.record.status == .stopFailed && write.from != .stopFailed ? "failed" : nil
        }
    }
}
