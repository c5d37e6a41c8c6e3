import CutoverModel
import CutoverTasks

/// One task and what its alarms make of one look after the other.
struct AlarmFixture {
    var situation: AlarmSituation
    var memory = AlarmMemory()
    var thresholds = AlarmThresholds(
        unreachableMs: 15_000, lagMs: 60_000, stopStuckMs: 300_000, repeatMs: 3_600_000)
    /// What is active, and everything that ever changed, in order.
    var active: [Alarm] = []
    var log: [Alarm] = []
    private var ids = 0

    init(_ status: TaskStatus, progress: MigrationProgress? = nil) {
        situation = AlarmSituation(record: TaskState.at(status).record, progress: progress)
    }

    var kinds: Set<AlarmKind> { Set(active.map(\.kind)) }

    func findings(atMs nowMs: Int64) -> [AlarmKind: AlarmFinding] {
        AlarmRules.findings(for: situation, memory: memory, thresholds: thresholds, nowMs: nowMs)
    }

    /// One look.
    /// - Returns: what changed.
    @discardableResult
    mutating func look(atMs nowMs: Int64) -> [Alarm] {
        memory.observe(situation, nowMs: nowMs, thresholds: thresholds)
        let changes = AlarmMachine.changes(
            active: active, findings: findings(atMs: nowMs), record: situation.record, repeatMs: thresholds.repeatMs,
            nowMs: nowMs
        ) { _ in
            ids += 1
            return "a\(ids)"
        }
        for alarm in changes {
            active.removeAll { $0.id == alarm.id }
            if alarm.clearedAtMs == 0 { active.append(alarm) }
        }
        log += changes
        return changes
    }

    mutating func fail(_ status: TaskStatus, _ code: String, message: String = "It broke.", atMs: Int64) {
        situation.record.status = status
        situation.record.failure = TaskFailure(code: code, message: message, atMs: atMs)
        if situation.record.abnormalSinceMs == 0 { situation.record.abnormalSinceMs = atMs }
        situation.progress = nil
    }

    mutating func follow(_ progress: MigrationProgress = MigrationProgress()) {
        situation.record.status = .incrementalMigration
        situation.record.epoch += 1
        situation.progress = progress
    }

    /// A stop that was accepted and stands in a phase.
    mutating func accept(_ phase: StopPhase, sinceMs: Int64) {
        situation.record.status = .stopping
        situation.stop = Stop(
            id: "s1", taskId: "t1", phase: phase, phases: [PhaseRecord(phase: phase, startedAtMs: sinceMs)],
            acceptedAtMs: sinceMs)
    }
}
