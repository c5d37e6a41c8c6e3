public import CutoverModel

extension TaskQuery {
    /// Whether a task fits, wherever in the listing it stands: the rule that every store's listing follows.
    public func matches(_ record: TaskRecord) -> Bool {
        (statuses.isEmpty || statuses.contains(record.status))
            && (!isLive || !record.status.isFinal)
            && NamePattern(nameGlob).matches(record.name)
            && labels.allSatisfy(record.labels.contains)
    }
}
