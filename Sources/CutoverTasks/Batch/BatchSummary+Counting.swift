public import CutoverModel

extension BatchSummary {
    /// Counts items from none.
    public init(counting items: some Sequence<BatchItem>) {
        self.init()
        for item in items { add(item) }
    }

    /// Takes an item in.
    public mutating func add(_ item: BatchItem) {
        items &+= 1
        self[keyPath: Self.counter(of: item.result)] &+= 1
    }

    /// Takes an item's new result in instead of its old one.
    public mutating func replace(_ old: BatchItem, by new: BatchItem) {
        self[keyPath: Self.counter(of: old.result)] &-= 1
        self[keyPath: Self.counter(of: new.result)] &+= 1
    }

    private static func counter(of result: StopItemResult) -> WritableKeyPath<BatchSummary, UInt32> {
        switch result {
        case .unspecified: \.pending
        case .accepted: \.accepted
        case .inProgress: \.inProgress
        case .stopped: \.stopped
        case .alreadyStopped: \.alreadyStopped
        case .unknownTask: \.unknown
        case .failed: \.failed
        case .withdrawn: \.withdrawn
        case .notAttempted: \.notAttempted
        case .rejected, .unrecognized: \.rejected
        }
    }
}
