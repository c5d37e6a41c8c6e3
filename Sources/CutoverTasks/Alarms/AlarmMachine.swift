public import CutoverModel

/// One task's alarms: raised, said again, cleared. Pure; the same input gives the same alarms.
public enum AlarmMachine {
    /// What changes, in the order of the kinds; each alarm as it is to be written.
    ///
    /// Of a kind at most one alarm is active. Ends always: a kind that is absent has no active alarm afterwards.
    /// - Parameters:
    ///   - active: the task's alarms that were not cleared.
    ///   - findings: of one look; a kind that is missing is unchanged.
    ///   - newID: gives an id to an alarm that is raised.
    public static func changes(
        active: [Alarm], findings: [AlarmKind: AlarmFinding], record: TaskRecord, repeatMs: Int64, nowMs: Int64,
        newID: (AlarmKind) -> String
    ) -> [Alarm] {
        var changes: [Alarm] = []
        for kind in AlarmRules.kinds {
            let alarms = active.filter { $0.kind == kind }
            switch findings[kind] ?? .unchanged {
            case .present(let message):
                if alarms.isEmpty {
                    changes.append(
                        Alarm(
                            id: newID(kind), kind: kind, taskId: record.id, message: message, raisedAtMs: nowMs,
                            count: 1,
                            taskName: record.name))
                } else {
                    changes += alarms.compactMap { said(again: $0, message, repeatMs: repeatMs, nowMs: nowMs) }
                }
            case .unchanged:
                changes += alarms.compactMap { said(again: $0, $0.message, repeatMs: repeatMs, nowMs: nowMs) }
            case .absent(let reason): changes += alarms.map { cleared($0, reason, nowMs: nowMs) }
            }
        }
        return changes
    }

    /// An alarm that ends.
    public static func cleared(_ alarm: Alarm, _ reason: String, nowMs: Int64) -> Alarm {
        var alarm = alarm
        // Never before it began, whatever the clock was set to.
        alarm.clearedAtMs = max(nowMs, alarm.raisedAtMs, alarm.repeatedAtMs, 1)
        alarm.clearedReason = reason
        return alarm
    }

    private static func said(again alarm: Alarm, _ message: String, repeatMs: Int64, nowMs: Int64) -> Alarm? {
        let silentMs = nowMs - (alarm.repeatedAtMs == 0 ? alarm.raisedAtMs : alarm.repeatedAtMs)
        // A clock that was set far back must not silence an alarm.
        guard abs(silentMs) >= repeatMs else { return nil }
        var alarm = alarm
        alarm.repeatedAtMs = nowMs
        alarm.count = alarm.count == .max ? .max : alarm.count + 1
        alarm.message = message
        return alarm
    }
}
