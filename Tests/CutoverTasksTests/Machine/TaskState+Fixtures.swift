import CutoverModel
import CutoverTasks

extension TaskState {
    /// A task that has got to this status in the ordinary way.
    static func at(_ status: TaskStatus, copyDone: Bool? = nil, touched: Bool? = nil) -> TaskState {
        let startsAt: [TaskStatus] = [.creating, .createFailed, .configuration, .pendingStart]
        let following: [TaskStatus] = [.incrementalMigration, .incrementalMigrationFailed, .paused]
        var record = TaskRecord(id: "t1", name: "shop", status: status)
        record.epoch = startsAt.contains(status) ? 0 : 3
        record.destinationTouched = touched ?? !startsAt.contains(status)
        record.copyDone = copyDone ?? following.contains(status)
        return TaskState(record: record)
    }

    /// The same task after a stop was accepted.
    func accepting(_ order: StopOrder, nowMs: Int64 = 100) throws -> TaskState {
        guard case .accepted(let transition) = try StopMachine.decide(order, for: self, nowMs: nowMs) else {
            throw FixtureError.notAccepted
        }
        return transition.state
    }

    /// The same task after steps of its stop, each of which must be taken.
    func stepping(_ steps: StopStep..., nowMs: Int64 = 200) throws -> TaskState {
        var state = self
        for step in steps {
            guard let stop = state.stop,
                let transition = StopMachine.apply(step, stopID: stop.id, mode: stop.modeTaken, to: state, nowMs: nowMs)
            else { throw FixtureError.stale(step) }
            state = transition.state
        }
        return state
    }
}

enum FixtureError: Error {
    case notAccepted
    case stale(StopStep)
}

extension StopCounters {
    static func at(applied: String, received: String? = nil, rows: UInt64 = 0) -> StopCounters {
        StopCounters(
            MigrationProgress(rowsApplied: rows, receivedPosition: received ?? applied, appliedPosition: applied))
    }
}
