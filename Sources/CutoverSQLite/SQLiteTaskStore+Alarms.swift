public import CutoverModel
public import CutoverTasks
import Foundation

extension SQLiteTaskStore {
    public func saveAlarms(_ alarms: [Alarm], delivers: Bool) async throws -> [Alarm] {
        try TaskStoreLimits.check(alarms)
        guard !alarms.isEmpty else { return [] }
        let encoded = try alarms.map(EncodedAlarm.init)
        let first = try await writer.submit(size: alarms.count, mayUseReserve: false) {
            try $0.save(encoded, delivers: delivers)
        }
        return alarms.enumerated().map { index, alarm in
            var alarm = alarm
            alarm.change = UInt64(bitPattern: first) + UInt64(index)
            return alarm
        }
    }

    public func alarms(_ query: AlarmQuery) async throws -> [Alarm] {
        guard StoredText.isKey(query.taskID) else { return [] }
        var query = query
        query.limit = TaskStoreLimits.pageLimit(query.limit)
        return try await readers.read { [query] in try StoreQueries.alarms($0, query) }.map { try $0.decoded() }
    }

    public func alarms(afterChange change: UInt64, limit: Int) async throws -> [Alarm] {
        let limit = TaskStoreLimits.pageLimit(limit)
        let change = Int64(clamping: change)
        return try await readers.read { try StoreQueries.alarms($0, afterChange: change, limit: limit) }
            .map { try $0.decoded() }
    }

    public func deliveries(dueBy nowMs: Int64, limit: Int) async throws -> [AlarmDelivery] {
        let limit = TaskStoreLimits.pageLimit(limit)
        return try await readers.read { try StoreQueries.deliveries($0, dueBy: nowMs, limit: limit) }
            .map { try $0.decoded() }
    }

    public func postpone(_ delivery: AlarmDelivery) async throws {
        let change = Int64(clamping: delivery.alarm.change)
        try await writer.submit(size: 1, mayUseReserve: false) {
            try $0.postpone(change: change, attempts: Int64(delivery.attempts), dueAtMs: delivery.dueAtMs)
        }
    }

    public func removeDelivery(change: UInt64) async throws {
        let change = Int64(clamping: change)
        try await writer.submit(size: 1, mayUseReserve: true) { try $0.removeDelivery(change: change) }
    }

    /// In small transactions, so that no other write waits for long.
    public func purgeAlarms(clearedBefore timeMs: Int64) async throws {
        let rows = StoreWriter.trimRows
        while true {
            let purged = try await writer.submit(size: 1, mayUseReserve: true) {
                try $0.purgeAlarms(clearedBefore: timeMs, limit: rows)
            }
            guard purged == rows else { return }
        }
    }
}
