public import CutoverModel

/// The status machine of a migration task: pure, no clock, no store.
///
/// Rules: a legal order or a fresh report leads to a ``TaskTransition``; what may be ordered is ``Legality``'s to say.
public enum TaskMachine {
    /// A new task.
    public static func create(id: String, name: String, labels: [TaskLabel], nowMs: Int64) -> TaskTransition {
        let record = TaskRecord(
            id: id, name: name, status: .creating, createdAtMs: nowMs, updatedAtMs: nowMs, labels: labels)
        return TaskTransition(state: TaskState(record: record), action: "create")
    }

    /// Carries out an operator's order.
    public static func apply(
        _ order: TaskOrder, to state: TaskState, nowMs: Int64
    ) throws(Refusal) -> TaskTransition {
        if let refusal = Legality.refusal(of: order.action, for: state) { throw refusal }
        return StopMachine.settleWaiting(carryOut(order, state, nowMs: nowMs), nowMs: nowMs)
    }

    private static func carryOut(_ order: TaskOrder, _ state: TaskState, nowMs: Int64) -> TaskTransition {
        var state = state
        state.record.updatedAtMs = nowMs
        switch order {
        case .configure(let kind, let startAtMs):
            state.record.status = .configuration
            state.record.configurationRunning = true
            state.record.configurationFailed = false
            state.record.failure = nil
            state.record.kind = kind
            state.record.startAtMs = startAtMs
            return TaskTransition(state: state, action: "configure")
        case .start:
            state.record.status = .starting
            state.record.startedAtMs = nowMs
            state.record.failure = nil
            state.record.repairAttempts = 0
            state.record.abnormalSinceMs = 0
            return TaskTransition(state: state, action: "start")
        case .pause:
            state.record.previousStatus =
                state.record.status == .faultRectification ? state.record.previousStatus : state.record.status
            state.record.status = .paused
            state.record.repairAttempts = 0
            state.record.repairDueAtMs = 0
            state.record.abnormalSinceMs = 0
            return TaskTransition(state: state, action: "pause")
        case .resume:
            if state.record.status == .faultRectification {
                state.record.repairDueAtMs = nowMs
            } else {
                state.record.status = state.record.copyDone ? .incrementalMigration : .starting
                state.record.repairAttempts = 0
                state.record.failure = nil
                state.record.abnormalSinceMs = 0
            }
            return TaskTransition(state: state, action: "resume")
        case .delete:
            return TaskTransition(state: state, action: "delete")
        }
    }

    /// Takes a worker's report in; nil when it is stale: the task has moved on, or another epoch owns it.
    /// - Parameter epoch: the epoch of the worker that reports.
    public static func apply(
        _ report: WorkerReport, epoch: UInt64, to state: TaskState, policy: RepairPolicy, nowMs: Int64
    ) -> TaskTransition? {
        guard state.record.epoch == epoch,
            let transition = take(report, state, policy: policy, nowMs: nowMs)
        else { return nil }
        return StopMachine.settleWaiting(transition, nowMs: nowMs)
    }

    private static func take(
        _ report: WorkerReport, _ state: TaskState, policy: RepairPolicy, nowMs: Int64
    ) -> TaskTransition? {
        var state = state
        state.record.updatedAtMs = nowMs
        switch report {
        case .created, .createFailed: return created(report, &state)
        case .preCheckEnded(let failed):
            guard state.record.status == .configuration, state.record.configurationRunning else { return nil }
            state.record.configurationRunning = false
            state.record.configurationFailed = failed
            if !failed { state.record.status = .pendingStart }
            return TaskTransition(state: state, action: failed ? "configuration.failed" : "configured")
        case .workerStarting: return workerStarting(&state)
        case .workerTakingOver:
            state.record.strayWorker = true
            return workerStarting(&state)
        case .claimed(let checkpoint): return claimed(checkpoint, &state, policy: policy, nowMs: nowMs)
        case .copyEnded: return copyEnded(&state, nowMs: nowMs)
        case .healthy:
            let recovers = state.record.repairAttempts > 0 || state.record.abnormalSinceMs > 0
            guard state.record.status.isReplicating, recovers else { return nil }
            state.record.repairAttempts = 0
            state.record.abnormalSinceMs = 0
            state.record.failure = nil
            return TaskTransition(state: state, action: "repaired")
        case .workerFailed(let failure):
            return workerFailed(failure, &state, policy: policy, nowMs: nowMs)
        }
    }

    private static func created(_ report: WorkerReport, _ state: inout TaskState) -> TaskTransition? {
        guard state.record.status == .creating else { return nil }
        if case .createFailed(let failure) = report {
            state.record.status = .createFailed
            state.record.failure = failure
            return TaskTransition(state: state, action: "create.failed")
        }
        state.record.status = .configuration
        return TaskTransition(state: state, action: "created")
    }

    private static func workerStarting(_ state: inout TaskState) -> TaskTransition? {
        switch state.record.status {
        case .starting, .fullMigration, .incrementalMigration, .stopping: break
        case .faultRectification:
            // An attempt that the end of the server interrupted is taken up again, not counted twice.
            if !state.record.repairRunning { state.record.repairAttempts += 1 }
            state.record.repairRunning = true
        default: return nil
        }
        state.record.epoch += 1
        state.record.destinationTouched = true
        return TaskTransition(state: state, action: "worker.starting")
    }

    private static func claimed(
        _ checkpoint: ReplicationCheckpoint, _ state: inout TaskState, policy: RepairPolicy, nowMs: Int64
    ) -> TaskTransition? {
        guard state.record.hasWorker else { return nil }
        state.record.strayWorker = false
        switch checkpoint {
        case .empty, .copying:
            if state.record.copyDone {
                let failure = TaskFailure(
                    code: ReplicationError.Code.divergence.rawValue,
                    message: "The destination lost the checkpoint of this task. "
                        + "Stop the task by force and migrate again.",
                    atMs: nowMs)
                return workerFailed(failure, &state, policy: policy, nowMs: nowMs)
            }
            state.record.status = .fullMigration
        case .following:
            state.record.copyDone = true
            if state.record.kind == .fullOnly { return StopMachine.complete(&state, nowMs: nowMs) }
            state.record.status = .incrementalMigration
        }
        state.record.repairRunning = false
        state.record.repairDueAtMs = 0
        return TaskTransition(state: state, action: "claimed")
    }

    private static func copyEnded(_ state: inout TaskState, nowMs: Int64) -> TaskTransition? {
        guard state.record.status == .fullMigration else { return nil }
        state.record.copyDone = true
        if state.record.kind == .fullOnly { return StopMachine.complete(&state, nowMs: nowMs) }
        state.record.status = .incrementalMigration
        return TaskTransition(state: state, action: "copied")
    }

    private static func workerFailed(
        _ failure: TaskFailure, _ state: inout TaskState, policy: RepairPolicy, nowMs: Int64
    ) -> TaskTransition? {
        let status = state.record.status
        guard state.record.hasWorker else { return nil }
        state.record.failure = failure
        state.record.repairRunning = false
        if state.record.abnormalSinceMs == 0 { state.record.abnormalSinceMs = nowMs }
        let before = status == .faultRectification ? state.record.previousStatus : status
        let mayRepair = failure.retriable && status != .starting && state.record.repairAttempts < policy.maxAttempts
        if mayRepair {
            state.record.status = .faultRectification
            state.record.previousStatus = before
            state.record.repairDueAtMs = nowMs + policy.delayMs(afterAttempts: state.record.repairAttempts)
            return TaskTransition(state: state, action: "fault")
        }
        state.record.repairDueAtMs = 0
        state.record.status =
            switch before {
            case .starting: .startFailed
            case .incrementalMigration: .incrementalMigrationFailed
            default: .fullMigrationFailed
            }
        return TaskTransition(state: state, action: "failed")
    }
}

extension TaskRecord {
    /// A worker may be doing the task's work. Between two attempts of a repair there is none: whoever reports then is late.
    fileprivate var hasWorker: Bool {
        status.isReplicating || (status == .faultRectification && repairRunning)
    }
}

extension TaskOrder {
    /// The row of the legality table that governs this order.
    public var action: TaskAction {
        switch self {
        case .configure: .configure
        case .start: .start
        case .pause: .pause
        case .resume: .resume
        case .delete: .delete
        }
    }
}
