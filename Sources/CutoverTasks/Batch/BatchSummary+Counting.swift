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
        count(item) { $0 &+ 1 }
    }

    /// Takes an item's new result in instead of its old one.
    public mutating func replace(_ old: BatchItem, by new: BatchItem) {
        count(old) { $0 &- 1 }
        count(new) { $0 &+ 1 }
    }

    /// What an item counts for: its result, and how its stop was or is.
    private mutating func count(_ item: BatchItem, _ change: (UInt32) -> UInt32) {
        let counter = Self.counter(of: item.result)
        self[keyPath: counter] = change(self[keyPath: counter])
        if item.modeTaken == .forced { forced = change(forced) }
        if item.undrained { undrained = change(undrained) }
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
