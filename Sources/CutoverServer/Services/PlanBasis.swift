import CutoverModel
internal import CutoverTasks

/// What a plan takes from a task's durable state. While this stays the same, so does the plan as far as the state decides it.
///
/// Compared again inside the write that accepts the stop, so that nothing changes between the look and the write.
struct PlanBasis: Sendable, Hashable {
    var status: TaskStatus
    var kind: MigrationKind
    var configurationRunning: Bool
    var configurationFailed: Bool
    var repairRunning: Bool
    var destinationTouched: Bool
    var copyDone: Bool
    /// The stop that the task carries, and where it stands.
    var stopID: String
    var stopPhase: StopPhase
    var stopMode: StopMode

    init(_ state: TaskState) {
        let record = state.record
        status = record.status
        kind = record.kind
        configurationRunning = record.configurationRunning
        configurationFailed = record.configurationFailed
        repairRunning = record.repairRunning
        destinationTouched = record.destinationTouched
        copyDone = record.copyDone
        stopID = record.stopId
        stopPhase = state.stop?.phase ?? .unspecified
        stopMode = state.stop?.modeTaken ?? .unspecified
    }
}
