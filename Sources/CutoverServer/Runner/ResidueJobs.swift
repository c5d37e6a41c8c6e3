import CutoverModel
internal import CutoverTasks
internal import Logging

/// Makes what forced stops left behind, one job a task; a job goes on when its caller leaves.
///
/// Nothing is recorded before a job has ended: one that a crash cut off is asked for again, and what it had made is found there.
actor ResidueJobs {
    /// Who asks for what.
    struct Order: Sendable {
        var taskID: String
        var stopID: String
        var actor: String
        var reason: String
        var memo: RequestMemo?
    }

    private struct Running {
        var memo: RequestMemo?
        var job: Task<TaskLedger.Result, any Error>
    }

    private let context: RunnerContext
    private var running: [String: Running] = [:]
    private var isClosing = false

    init(context: RunnerContext) {
        self.context = context
    }

    /// Runs the job, or waits for the one that the same request began.
    /// - Throws: ``ResidueError``, `Refusal`, `ReplicationError`, ``LedgerError``, `TaskStoreError`.
    func finish(_ order: Order) async throws -> TaskLedger.Result {
        guard !isClosing else { throw TaskStoreError(.closed, "The server is shutting down.") }
        if let present = running[order.taskID] {
            guard let memo = order.memo, present.memo == memo else { throw ResidueError.underWay }
            return try await present.job.value
        }
        let context = context
        let job = Task { try await Self.run(order, context) }
        running[order.taskID] = Running(memo: order.memo, job: job)
        let result = await job.result
        running.removeValue(forKey: order.taskID)
        return try result.get()
    }

    /// Ends every job; none records anything.
    func shutDown() async {
        isClosing = true
        for present in running.values { present.job.cancel() }
        for present in running.values { _ = await present.job.result }
    }

    private static func run(_ order: Order, _ context: RunnerContext) async throws -> TaskLedger.Result {
        let ledger = context.ledger
        guard let state = try await ledger.store.state(of: order.taskID) else { throw LedgerError.unknownTask }
        if let refusal = Legality.refusal(of: .finishResidue, for: state) { throw refusal }
        guard let stop = state.stop, stop.id == order.stopID else { throw LedgerError.stale }
        let open = stop.openResidue
        let job = try await context.job(for: order.taskID, needsSource: false)
        let outcomes = try await context.scout(
            job, epoch: state.record.epoch, deadlineMs: context.phaseDeadlineMs,
            "Making the residue took longer than \(context.phaseDeadlineMs / 1000) s. Ask for it again."
        ) { worker in
            // A forced stop that never reached the destination left it unfenced: whoever wrote there must be ended first.
            if stop.fenceEpoch == 0 { _ = try await worker.retire() }
            return try await worker.finishResidue(open)
        }
        context.logger.info(
            "residue finished",
            metadata: [
                "task": "\(order.taskID)", "objects": "\(outcomes.count)",
                "failed": "\(outcomes.count { $0.result == .failed })",
            ])
        return try await ledger.write(
            order.taskID, actor: order.actor, attachments: TaskLedger.Attachments(request: order.memo)
        ) { state in
            guard state.record.stopId == order.stopID else { throw LedgerError.stale }
            return try StopMachine.finishResidue(
                outcomes, of: state, actor: order.actor, reason: order.reason, nowMs: ledger.nowMs())
        }
    }
}

/// Why residue is not being made now.
enum ResidueError: Error {
    /// Another request's job for this task has not ended.
    case underWay
}
