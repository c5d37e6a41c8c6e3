import CutoverModel
import CutoverTasks

/// What was promised and what was seen; says which promise was broken.
struct StopHistory {
    enum Promise: String {
        case acceptedIsNeverLost, oneStopWins, stoppedIsFinal, drainedIsTrue, epochNeverGoesBack, everyStopEnds
        case requestsRepeat, noDeadEnds
    }

    private(set) var broken: [(promise: Promise, what: String)] = []
    /// The stop that was accepted, by task.
    private(set) var accepted: [String: String] = [:]
    private var last: [String: TaskState] = [:]
    /// The answer's stop by request id.
    private var answers: [String: String] = [:]
    private(set) var ended = 0

    mutating func breaks(_ promise: Promise, _ what: String) { broken.append((promise, what)) }

    /// A stop was answered as accepted or in progress.
    mutating func answered(_ stopID: String, request: String, task: String) {
        if let before = answers[request], before != stopID {
            breaks(.requestsRepeat, "request \(request) was answered with \(before), then \(stopID)")
        }
        answers[request] = stopID
        if accepted[task] == nil { accepted[task] = stopID }
    }

    /// A write became durable.
    mutating func wrote(_ state: TaskState, action: String, ends: SimulatedEnds) {
        let record = state.record
        let before = last[record.id]
        last[record.id] = state
        if let before {
            if record.epoch < before.record.epoch {
                breaks(.epochNeverGoesBack, "\(record.id): \(before.record.epoch) -> \(record.epoch) by \(action)")
            }
            if before.record.status.isFinal {
                breaks(.stoppedIsFinal, "\(record.id): \(before.record.status) -> \(record.status) by \(action)")
            } else if record.status.isFinal {
                ended += 1
            }
            if let stopID = before.stop?.id, state.stop?.id != stopID {
                breaks(.oneStopWins, "\(record.id): stop \(stopID) -> \(state.stop?.id ?? "none") by \(action)")
            }
            if before.stop?.drained == true, state.stop?.drained == false {
                breaks(.drainedIsTrue, "\(record.id): \(action) took back that the stop was drained")
            }
        }
        if let stopID = accepted[record.id] { check(record, stopID, action) }
        if state.stop != nil { accepted[record.id] = accepted[record.id] ?? record.stopId }
        if let stop = state.stop, stop.drained { check(drained: stop, ends) }
        let isMoved = Legality.actions.contains { Legality.refusal(of: $0, for: TaskState(record: record)) == nil }
        if !record.status.isFinal, !isMoved, TaskWork(for: record) == .none {
            breaks(.noDeadEnds, "\(record.id) is \(record.status), and nobody can do anything")
        }
    }

    private mutating func check(_ record: TaskRecord, _ stopID: String, _ action: String) {
        let stopping: Set<TaskStatus> = [.stopping, .stopFailed, .stopped, .completed]
        if !stopping.contains(record.status) {
            breaks(
                .acceptedIsNeverLost, "\(record.id): stop \(stopID) was accepted, but \(action) led to \(record.status)"
            )
        }
        if record.stopId != stopID {
            breaks(
                .oneStopWins, "\(record.id): stop \(stopID) was accepted, but \(action) led to stop \(record.stopId)")
        }
    }

    private mutating func check(drained stop: Stop, _ ends: SimulatedEnds) {
        guard let requested = GTIDPosition(stop.requestedPosition),
            let truth = GTIDPosition(SimulatedEnds.position(ends.appliedSequence)), truth.reaches(requested)
        else {
            breaks(
                .drainedIsTrue,
                "\(stop.taskId): drained to \(stop.requestedPosition), but the destination has \(ends.appliedSequence)")
            return
        }
    }
}
