public import CutoverModel

/// Items of a batch that are decided together: its record, its pages and the stops of its tasks go into one durable write.
public struct BatchGroup: Sendable, Hashable {
    /// A task's stop, with the state that it was decided on.
    public struct Change: Sendable, Hashable {
        public var before: TaskState
        public var transition: TaskTransition
    }

    /// The batch as it stands with the group.
    public var record: BatchRecord
    /// The pages that the group changes.
    public var pages: [BatchPage]
    /// In the order of the items.
    public var changes: [Change] = []

    public init(record: BatchRecord, pages: [BatchPage] = []) {
        self.record = record
        self.pages = pages
    }
}
