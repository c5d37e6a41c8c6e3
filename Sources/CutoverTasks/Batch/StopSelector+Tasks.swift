public import CutoverModel

extension StopSelector {
    /// There is a condition, or the word that there shall be none.
    public var isGiven: Bool {
        all || !statuses.isEmpty || !nameGlob.isEmpty || !labels.isEmpty || minAgeMs > 0 || minUnchangedMs > 0
    }

    /// The part that a store looks for itself; no status named means every one that is not final.
    public func query(after token: String = "", limit: Int = 1) -> TaskQuery {
        TaskQuery(
            statuses: Set(statuses), isLive: statuses.isEmpty || all, nameGlob: nameGlob, labels: labels,
            after: token.isEmpty ? nil : token, limit: limit)
    }

    /// Whether a task of the listing is old enough. A record that changed with no change of its status counts as changed.
    /// - Parameter atMs: when the batch began: later tasks are not taken, and ages are counted from here.
    public func takes(_ record: TaskRecord, atMs: Int64) -> Bool {
        record.createdAtMs <= atMs
            && Self.isOlder(record.createdAtMs, than: minAgeMs, atMs: atMs)
            && Self.isOlder(record.updatedAtMs, than: minUnchangedMs, atMs: atMs)
    }

    /// Whether a task that was not found by a listing fits every condition.
    public func fits(_ record: TaskRecord, atMs: Int64) -> Bool {
        query().matches(record) && takes(record, atMs: atMs)
    }

    private static func isOlder(_ timeMs: Int64, than ageMs: UInt64, atMs: Int64) -> Bool {
        ageMs == 0 || (timeMs <= atMs && UInt64(clamping: atMs &- timeMs) >= ageMs)
    }
}
