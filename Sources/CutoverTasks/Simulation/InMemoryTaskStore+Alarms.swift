package import CutoverModel

extension InMemoryTaskStore {
    package func saveAlarms(_ alarms: [Alarm], delivers: Bool) throws -> [Alarm] {
        try requireWritable()
        try TaskStoreLimits.check(alarms)
        return alarms.map { alarm in
            var alarm = alarm
            lastChange += 1
            alarm.change = lastChange
            self.alarms[alarm.id] = alarm
            if delivers { owe(alarm) }
            return alarm
        }
    }

    private func owe(_ alarm: Alarm) {
        deliveries[alarm.change] = AlarmDelivery(alarm: alarm, dueAtMs: 0)
        guard deliveries.count > TaskStoreLimits.deliveries, let oldest = deliveries.keys.min() else { return }
        deliveries[oldest] = nil
    }

    package func alarms(_ query: AlarmQuery) throws -> [Alarm] {
        try requireOpen()
        let found = alarms.values.filter { alarm in
            (query.includesCleared || alarm.clearedAtMs == 0)
                && (query.taskID.isEmpty || alarm.taskId == query.taskID)
                && (query.kinds.isEmpty || query.kinds.contains(alarm.kind))
                && query.before.map { alarm.change < $0 } ?? true
        }
        return Array(found.sorted { $0.change > $1.change }.prefix(TaskStoreLimits.pageLimit(query.limit)))
    }

    package func alarms(afterChange change: UInt64, limit: Int) throws -> [Alarm] {
        try requireOpen()
        let found = alarms.values.filter { $0.change > change }.sorted { $0.change < $1.change }
        return Array(found.prefix(TaskStoreLimits.pageLimit(limit)))
    }

    package func deliveries(dueBy nowMs: Int64, limit: Int) throws -> [AlarmDelivery] {
        try requireOpen()
        let first = Dictionary(grouping: deliveries.values, by: \.alarm.id).compactMapValues { owed in
            owed.min { $0.alarm.change < $1.alarm.change }
        }
        let due = first.values.filter { $0.dueAtMs <= nowMs }
        let ordered = due.sorted { ($0.dueAtMs, $0.alarm.change) < ($1.dueAtMs, $1.alarm.change) }
        return Array(ordered.prefix(TaskStoreLimits.pageLimit(limit)))
    }

    package func postpone(_ delivery: AlarmDelivery) throws {
        try requireWritable()
        deliveries[delivery.alarm.change]?.attempts = delivery.attempts
        deliveries[delivery.alarm.change]?.dueAtMs = delivery.dueAtMs
    }

    package func removeDelivery(change: UInt64) throws {
        try requireWritable()
        deliveries[change] = nil
    }

    package func purgeAlarms(clearedBefore timeMs: Int64) throws {
        try requireWritable()
        alarms = alarms.filter { $0.value.clearedAtMs == 0 || $0.value.clearedAtMs >= timeMs }
    }
}
