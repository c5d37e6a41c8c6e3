import CutoverClient

/// Says what is wrong with a history of stops of tasks that nothing but a stop changes. Empty means right.
///
/// The rules are promises of the service, each checked from outside: one stop wins a task; whoever asks later is told of that very
/// stop; the same request has the same outcome; what has been answered as ended was ended before; each stop has one receipt, and
/// each receipt is in the audit log once.
struct StopHistoryChecker {
    var operations: [StopOperation]
    /// The audit log as it was read at the end.
    var audit: [AuditRecord]
    /// The stop that each task ended with, as it was read at the end.
    var final: [String: Stop]

    func violations() -> [String] {
        var found: [String] = []
        for (task, calls) in Dictionary(grouping: operations, by: \.taskID).sorted(by: { $0.key < $1.key }) {
            found += oneStop(task, calls)
            found += winners(task, calls)
            found += order(task, calls)
        }
        return found + requests() + receipts()
    }

    /// Every answer about a task names the stop that it ended with.
    private func oneStop(_ task: String, _ calls: [StopOperation]) -> [String] {
        guard let stop = final[task], stop.phase == .stopped else {
            return ["\(task): asked to stop, but has not ended"]
        }
        return calls.filter { $0.result != nil && $0.stopID != stop.id }
            .map {
                "\(task): request \($0.requestID) was told of stop \($0.stopID), but the task ended with \(stop.id)"
            }
    }

    /// Only the request that the stop was accepted for is told that it stopped the task.
    private func winners(_ task: String, _ calls: [StopOperation]) -> [String] {
        guard let stop = final[task] else { return [] }
        return calls.compactMap { call in
            switch call.result {
            case .stopped?, .accepted?:
                return stop.requestId == call.requestID
                    ? nil
                    : "\(task): request \(call.requestID) was told that it stopped the task; \(stop.requestId) did"
            case .alreadyStopped?, .inProgress?:
                return stop.requestId == call.requestID
                    ? "\(task): request \(call.requestID) stopped the task, but was told that another had" : nil
            case nil: return nil
            case .some(let result): return "\(task): request \(call.requestID) was told \(result.name)"
            }
        }
    }

    /// The winner was invoked before anybody was told that the task has ended.
    private func order(_ task: String, _ calls: [StopOperation]) -> [String] {
        guard let stop = final[task] else { return [] }
        let winning = calls.filter { $0.requestID == stop.requestId }
        guard let first = winning.map(\.invokedAt).min() else {
            return ["\(task): was stopped by \(stop.requestId), which nobody sent"]
        }
        let told = calls.filter { $0.result == .alreadyStopped || $0.result == .stopped }.compactMap(\.returnedAt).min()
        guard let told, told < first else { return [] }
        return ["\(task): was told as ended before its stop was sent"]
    }

    /// The same request asks for the same and is told the same.
    private func requests() -> [String] {
        Dictionary(grouping: operations) { "\($0.requestID)/\($0.taskID)" }
            .sorted { $0.key < $1.key }
            .flatMap { key, calls -> [String] in
                var found: [String] = []
                if Set(calls.map(\.fingerprint)).count > 1 { found.append("\(key): one id for two requests") }
                let stops = Set(calls.filter { $0.result != nil }.map(\.stopID))
                if stops.count > 1 { found.append("\(key): told of \(stops.count) stops") }
                let results = Set(calls.compactMap(\.result).map { $0 == .accepted ? .stopped : $0 })
                if results.count > 1 { found.append("\(key): told \(results.map(\.name).sorted())") }
                return found
            }
    }

    /// One receipt a stop, one record a receipt, no gap.
    private func receipts() -> [String] {
        var found: [String] = []
        if audit.map(\.sequence) != (0..<UInt64(audit.count)).map({ $0 + 1 }) {
            found.append("the audit log has gaps, or is out of order")
        }
        let told = operations.filter { $0.receiptSequence > 0 }
        for (stop, calls) in Dictionary(grouping: told, by: \.stopID).sorted(by: { $0.key < $1.key }) {
            let receipts = Set(calls.map(\.receiptSequence))
            if receipts.count > 1 { found.append("\(stop): has the receipts \(receipts.sorted())") }
            for call in calls {
                guard let record = audit.first(where: { $0.sequence == call.receiptSequence }) else {
                    found.append("\(stop): receipt \(call.receiptSequence) is not in the audit log")
                    continue
                }
                if record.hash != call.receiptHash { found.append("\(stop): the audit log has another hash") }
            }
        }
        for (sequence, calls) in Dictionary(grouping: told, by: \.receiptSequence).sorted(by: { $0.key < $1.key })
        where Set(calls.map(\.stopID)).count > 1 {
            found.append("receipt \(sequence) was given for several stops")
        }
        if audit.count != final.values.count(where: { $0.phase == .stopped }) {
            found.append("\(audit.count) records attest \(final.count) stops")
        }
        return found
    }
}
