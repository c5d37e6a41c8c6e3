import CutoverModel
internal import CutoverTasks

/// Puts together what clients see of a task.
struct TaskView: Sendable {
    let ledger: TaskLedger
    let board: ProgressBoard

    /// The task with everything there is to know, without passwords.
    func full(_ state: TaskState) async throws -> MigrationTask {
        let store = ledger.store
        var task = brief(state)
        let taskID = state.record.id
        let hasProgress = task.progress != nil
        async let kept = store.spec(of: taskID)
        async let preCheck = store.preCheck(of: taskID)
        async let progress = hasProgress ? nil : store.progress(of: taskID)
        if var spec = try await kept {
            spec.source = PasswordVault.redact(spec.source)
            spec.destination = PasswordVault.redact(spec.destination)
            task.spec = spec
        }
        task.preCheck = try await preCheck
        if let progress = try await progress { task.progress = progress }
        return task
    }

    /// The task as a listing shows it: no spec, no pre-check, progress only while it runs.
    func brief(_ state: TaskState) -> MigrationTask {
        let record = state.record
        return MigrationTask(
            id: record.id, name: record.name, status: record.status, revision: record.revision, epoch: record.epoch,
            labels: record.labels, createdAtMs: record.createdAtMs, updatedAtMs: record.updatedAtMs,
            startedAtMs: record.startedAtMs, endedAtMs: record.endedAtMs,
            configurationFailed: record.configurationFailed, configurationRunning: record.configurationRunning,
            repairRunning: record.repairRunning, repairAttempts: record.repairAttempts,
            repairAttemptsLimit: record.status == .faultRectification ? ledger.policy.maxAttempts : 0,
            previousStatus: record.previousStatus, failure: record.failure,
            progress: board.progress(of: record.id), stopId: record.stopId, abnormalSinceMs: record.abnormalSinceMs,
            repairDueAtMs: record.status == .faultRectification ? record.repairDueAtMs : 0)
    }

    /// A stop as it stands this moment: while it lasts, with the counters, the blocker and the ETA of its worker, which are not
    /// written with every step.
    func live(_ stop: Stop) -> Stop {
        guard stop.endedAtMs == 0, stop.phase != .failed, stop.phase != .waiting else { return stop }
        var live = stop
        let attempts = board.attempts(of: stop.taskId)
        if attempts > 0 { live.attempts = attempts }
        if let blocker = board.blocker(of: stop.taskId), !blocker.isEmpty { live.blocker = blocker }
        guard let progress = board.progress(of: stop.taskId) else { return live }
        // Counters go up only: those of a worker that has just begun may be behind what is recorded.
        live.rowsCopied = max(stop.rowsCopied, progress.rowsCopied)
        live.rowsApplied = max(stop.rowsApplied, progress.rowsApplied)
        live.transactionsApplied = max(stop.transactionsApplied, progress.transactionsApplied)
        if !progress.receivedPosition.isEmpty { live.receivedPosition = progress.receivedPosition }
        if !progress.appliedPosition.isEmpty { live.appliedPosition = progress.appliedPosition }
        if stop.phase == .draining {
            live.phaseEtaMs =
                DrainForecast(stop.drainTo, requested: stop.requestedPosition, nowMs: ledger.nowMs())
                .leftMs(progress) ?? 0
        }
        return live
    }
}
