import CutoverModel
internal import CutoverTasks
internal import Logging

/// Examines both ends of a task and records what was found.
struct PreCheckJob {
    /// How long a pre-check may take.
    static let deadlineMs: Int64 = 120_000

    let context: RunnerContext
    let logger: Logger

    func run(_ record: TaskRecord) async throws {
        var report: PreCheckReport
        do {
            let job = try await context.job(for: record.id)
            let replicator = context.replicator
            report = try await withDeadline(
                milliseconds: Self.deadlineMs, "The pre-check took longer than \(Self.deadlineMs / 1000) s."
            ) {
                try await replicator.preCheck(job)
            }
        } catch let error as ReplicationError {
            report = PreCheckReport(findings: [
                PreCheckFinding(
                    code: error.code.rawValue, severity: .error, message: error.message,
                    advice: "Correct this and configure the task again.")
            ])
        }
        report.atMs = context.ledger.nowMs()
        let failed = report.findings.contains { $0.severity == .error }
        logger.info("pre-check ended", metadata: ["failed": "\(failed)", "findings": "\(report.findings.count)"])
        _ = try await context.ledger.report(
            .preCheckEnded(failed: failed), epoch: record.epoch, taskID: record.id, preCheck: report)
    }
}
