import CutoverModel
import CutoverTasks

/// The end of a schedule: everything works again, and what was promised must come true.
extension StopSimulation {
    mutating func settle() async throws {
        calm = true
        while !intents.isEmpty { try await serverAnswers() }
        while !batchIntents.isEmpty { try await serverAnswersBatch() }
        for task in tasks { ends[task]?.commit(domain: 0) }
        for round in 0..<400 {
            nowMs += 200
            var isBusy = false
            for task in tasks where try await settleStep(task, round) { isBusy = true }
            for record in try await store.openBatches().filter(core.batch.takesUp) {
                try await batchStep(record.batch?.id ?? "")
                isBusy = true
            }
            if !isBusy { break }
        }
        for task in tasks {
            guard let state = try await store.state(of: task), let end = ends[task] else { continue }
            history.settled(state, end)
        }
        try await history.checkAudit(of: store)
        try await history.checkStops(of: store)
        history.checkBatches()
    }

    /// - Returns: true while something is left to do.
    private mutating func settleStep(_ task: String, _ round: Int) async throws -> Bool {
        ends[task]?.isSourceUp = true
        ends[task]?.isDestinationUp = true
        ends[task]?.second += 1
        try await runnerStep(task)
        guard let state = try await store.state(of: task), let end = ends[task] else { return false }
        switch state.record.status {
        case .stopFailed:
            // Every other one is given up before its point of no return, where that is possible.
            let kind: Call.Kind =
                round % 2 == 0 ? .cancel(stopID: "") : .stop(StopOrder(stopID: "", reason: "settle"))
            let call = Call(task: task, requestID: freshID("r"), kind: kind)
            try await answer(Intent(call: call, snapshot: state, stopID: freshID("s")))
            return true
        case .incrementalMigration: return end.applied < end.transactions.count
        case .starting, .fullMigration, .faultRectification, .creating, .stopping: return true
        default: return false
        }
    }
}
