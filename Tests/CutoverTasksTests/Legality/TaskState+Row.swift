import CutoverModel
import CutoverTasks

/// The rows that the tables of these tests are written in: a status with what else decides about an action.
extension TaskState {
    /// The row of this state, such as "STOPPING draining".
    var row: String {
        ([record.status.name] + words).joined(separator: " ")
    }

    private var words: [String] {
        switch record.status {
        case .configuration:
            record.configurationRunning ? ["running"] : record.configurationFailed ? ["failed"] : []
        case .startFailed: record.destinationTouched ? ["touched"] : []
        case .faultRectification:
            (record.repairRunning ? ["repairing"] : []) + (stop?.phase == .waiting ? ["waiting"] : [])
        case .stopping, .stopFailed: [stop.map(stopWord) ?? "without a stop"]
        case .stopped: stop?.openResidue.isEmpty == false ? ["residue"] : []
        default: []
        }
    }

    private func stopWord(_ stop: Stop) -> String {
        if stop.completes { return "completes" }
        if stop.modeTaken == .forced { return "forced" }
        let phase = stop.phases.last { $0.phase != .failed }?.phase
        return Self.phaseWords.first { $0.value == phase }?.key ?? "in no phase"
    }

    private static let phaseWords: [String: StopPhase] = [
        "accepted": .accepted, "draining": .draining, "triggers": .migratingTriggers, "events": .migratingEvents,
        "releasing": .releasing,
    ]

    /// A state in the row of this name, made by hand.
    static func inRow(_ name: String) -> TaskState {
        let words = name.split(separator: " ").map(String.init)
        let status = TaskStatus.allKnown.first { $0.name == words[0] } ?? .unrecognized(Int32(words[0]) ?? -1)
        var state = TaskState.at(status, touched: words.contains("touched") ? true : nil)
        if status == .startFailed { state.record.destinationTouched = words.contains("touched") }
        if status == .creating || status == .unspecified { return state }
        state.record.configurationRunning = words.contains("running")
        state.record.configurationFailed = status == .configuration && words.contains("failed")
        state.record.repairRunning = words.contains("repairing")
        state.stop = stop(words, status)
        state.record.stopId = state.stop?.id ?? ""
        if state.stop != nil, status != .faultRectification { state.record.copyDone = true }
        return state
    }

    private static func stop(_ words: [String], _ status: TaskStatus) -> Stop? {
        var stop = Stop(id: "s0", taskId: "t1", modeAsked: .graceful, modeTaken: .graceful)
        stop.statusBefore = .incrementalMigration
        switch status {
        case .stopping, .stopFailed:
            let phase = words.compactMap { phaseWords[$0] }.first
            stop.completes = words.contains("completes")
            if words.contains("forced") { stop.modeTaken = .forced }
            stop.phase = phase ?? (words.contains("forced") ? .releasing : .accepted)
            stop.phases = [PhaseRecord(phase: stop.phase, startedAtMs: 1)]
            guard status == .stopFailed else { return stop }
            stop.phase = .failed
            stop.phases.append(PhaseRecord(phase: .failed, startedAtMs: 2))
        case .stopped, .completed:
            stop.phase = .stopped
            stop.phases = [PhaseRecord(phase: .stopped, startedAtMs: 1, endedAtMs: 1)]
            if words.contains("residue") {
                stop.objects = [ObjectOutcome(kind: .event, database: "d", name: "e", result: .leftBehind)]
            }
        case .faultRectification where words.contains("waiting"):
            stop.phase = .waiting
            stop.phases = [PhaseRecord(phase: .waiting, startedAtMs: 1)]
        default: return nil
        }
        return stop
    }
}
