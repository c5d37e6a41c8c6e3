import CutoverClient

/// Stops one fresh task with each call, measured until the stop is durably accepted.
struct StopWorkload: Workload {
    let operation = "stop"
    var tasks: FreshTasks

    /// Why, in the server's audit log.
    static let reason = "cutover-load"

    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult {
        guard let id = tasks.take(1)?.first else { return .usedUp }
        let answer = try await call.client.stopTask(id, reason: Self.reason)
        switch answer.result {
        case .accepted, .stopped: return .done(items: 1)
        default: return .refused(CallFailure(status: "not stopped", reason: answer.result.name))
        }
    }
}

/// Stops several fresh tasks with each call, measured until each of them has stopped.
struct BatchStopWorkload: Workload {
    let operation = "batch-stop"
    var tasks: FreshTasks
    var batchSize: Int

    func call(_ call: LoadCall) async throws(CutoverError) -> CallResult {
        guard let ids = tasks.take(batchSize) else { return .usedUp }
        let request = BatchStopRequest(taskIds: Array(ids), reason: StopWorkload.reason, wait: true)
        var summary: BatchSummary?
        for try await event in call.client.batchStop(request) {
            if let last = event.summary { summary = last }
        }
        guard let summary, summary.stopped == UInt32(clamping: batchSize) else {
            return .refused(CallFailure(status: "not stopped", reason: "BATCH_INCOMPLETE"))
        }
        return .done(items: UInt64(batchSize))
    }
}
