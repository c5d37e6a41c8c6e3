import CutoverModel
import CutoverTasks

/// How the server writes: compare and set, and once more when somebody was first. It may die before each write, and after it.
extension StopSimulation {
    func write(_ transition: TaskTransition, before: TaskState?, request: RequestMemo? = nil) -> TaskWrite {
        var memo = core.remembersRequests ? request : nil
        if memo != nil { memo?.stopID = transition.state.record.stopId }
        return TaskWrite(
            record: transition.state.record,
            expectedRevision: before.map { core.expectedRevision($0.record.revision) } ?? 0,
            from: before?.record.status ?? .unspecified, actor: "sim", action: transition.action, atMs: nowMs,
            stop: transition.state.stop, request: memo, seals: core.seals(transition))
    }

    /// Writes what `decide` makes of a task's state; nil when there is nothing to write.
    mutating func carryOut(
        _ task: String, _ decide: (TaskState, Int64) throws -> TaskTransition?
    ) async throws -> TaskState? {
        try mayCrash()
        while let state = try await store.state(of: task), let transition = try decide(state, nowMs) {
            var write = write(transition, before: state)
            if write.expectedRevision == 0 { write.expectedRevision = state.record.revision }
            guard case .applied(let revision, _)? = try await store.apply([write]).first else { continue }
            let written = took(transition, revision, before: state)
            try mayCrash()
            return written
        }
        return nil
    }

    /// A write is durable, whether or not anybody is told of it.
    mutating func took(_ transition: TaskTransition, _ revision: UInt64, before: TaskState) -> TaskState {
        var written = transition.state
        written.record.revision = revision
        if let ends = ends[written.record.id] { history.wrote(written, transition, after: before, ends) }
        return written
    }

    @discardableResult
    mutating func report(_ report: WorkerReport, epoch: UInt64, _ task: String) async throws -> TaskState? {
        let core = core
        return try await carryOut(task) { core.report(report, epoch, $0, $1) }
    }

    @discardableResult
    mutating func report(_ step: StopStep, _ stop: Stop, isRepeated: Bool = false) async throws -> TaskState? {
        let core = core
        if !isRepeated, !calm, random.oneIn(4) { delivered.append((step, stop)) }
        return try await carryOut(stop.taskId) { core.step(step, stop, $0, $1) }
    }
}
