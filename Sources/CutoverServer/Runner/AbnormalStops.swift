import CutoverModel
internal import CutoverTasks
internal import Logging

/// The policy that ends tasks which have been abnormal for too long: level-triggered from the store, so that a restart loses
/// nothing of it.
///
/// A repair attempt that is under way is never cut off, nor does a stop wait for it: should it succeed, the task is healthy and
/// stays; should it fail, the next look finds the task between two attempts. Attempts are limited, so such a look always comes.
final class AbnormalStops {
    private static let page = 1_000
    private static let statuses: Set<TaskStatus> = [
        .startFailed, .fullMigrationFailed, .incrementalMigrationFailed, .faultRectification,
    ]

    /// How long a task was abnormal when this process first saw it, and when that was by a clock that nobody sets: a wall clock
    /// that jumps must not end tasks.
    private struct Sight {
        var sinceMs: Int64
        var elapsedMs: Int64
        var at: ContinuousClock.Instant
    }

    private let ledger: TaskLedger
    private let logger: Logger
    private let limitMs: Int64
    private var sights: [String: Sight] = [:]

    /// - Parameter limitMs: more than 0.
    init(ledger: TaskLedger, logger: Logger, limitMs: Int64) {
        self.ledger = ledger
        self.logger = logger
        self.limitMs = limitMs
    }

    /// From one look to the next: often enough for the limit, and seldom enough for a store full of failed tasks.
    var intervalMs: Int64 { min(5_000, max(100, limitMs / 4)) }

    /// Looks at every abnormal task once.
    /// - Returns: the tasks whose stop was accepted.
    func look() async throws -> [String] {
        var accepted: [String] = []
        var seen: [String: Sight] = [:]
        var after: String?
        repeat {
            let page = try await ledger.store.list(
                TaskQuery(statuses: Self.statuses, after: after, limit: Self.page))
            for state in page.states {
                let record = state.record
                guard record.abnormalSinceMs > 0 else { continue }
                let sight = sight(of: record)
                seen[record.id] = sight
                let elapsedMs = sight.elapsedMs + (ContinuousClock.now - sight.at).wholeMilliseconds
                guard elapsedMs >= limitMs, state.stop?.phase != .waiting else { continue }
                if try await stop(record.id, elapsedMs) { accepted.append(record.id) }
            }
            after = page.next
        } while after != nil
        sights = seen
        return accepted
    }

    private func sight(of record: TaskRecord) -> Sight {
        if let known = sights[record.id], known.sinceMs == record.abnormalSinceMs { return known }
        return Sight(
            sinceMs: record.abnormalSinceMs, elapsedMs: max(0, ledger.nowMs() - record.abnormalSinceMs), at: .now)
    }

    private func stop(_ taskID: String, _ elapsedMs: Int64) async throws -> Bool {
        let stopID = TimeOrderedID.make(nowMs: ledger.nowMs())
        let (ledger, limitMs) = (ledger, limitMs)
        do {
            _ = try await ledger.write(taskID, actor: "cutover") { state in
                let record = state.record
                guard Self.statuses.contains(record.status), record.abnormalSinceMs > 0 else {
                    throw LedgerError.stale
                }
                let order = StopOrder(
                    stopID: stopID, actor: "cutover",
                    reason: "abnormal for \(DurationText.text(ms: elapsedMs)) "
                        + "(limit \(DurationText.text(ms: limitMs))): \(record.failure?.code ?? record.status.name)",
                    mode: .auto)
                guard case .accepted(let transition) = try StopMachine.decide(order, for: state, nowMs: ledger.nowMs())
                else { throw LedgerError.stale }
                return transition
            }
        } catch LedgerError.stale, LedgerError.unknownTask, LedgerError.contended {
            return false
        } catch is Refusal {
            // A repair attempt is under way.
            return false
        }
        logger.warning(
            "stopped a task that was abnormal for too long", metadata: ["task": "\(taskID)", "stop": "\(stopID)"])
        return true
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
