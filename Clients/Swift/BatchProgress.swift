import CutoverModel

/// What of a batch has been delivered, so that it can be asked for again without a repetition. A pure value.
struct BatchProgress: Sendable, Hashable {
    private var isAnnounced = false
    private var items: [String: BatchItem] = [:]
    /// The summary was delivered: the batch is complete.
    private(set) var isComplete = false

    /// Whether a message is new and to be delivered.
    mutating func take(_ event: BatchStopEvent) -> Bool {
        if event.accepted != nil {
            defer { isAnnounced = true }
            return !isAnnounced
        }
        if let item = event.item {
            guard let known = items[item.taskId] else {
                items[item.taskId] = item
                return true
            }
            if known.final || known == item { return false }
            items[item.taskId] = item
            return true
        }
        if event.summary != nil { isComplete = true }
        return true
    }
}
