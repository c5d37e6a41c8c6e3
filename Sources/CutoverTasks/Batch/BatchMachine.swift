public import CutoverModel

/// What becomes of one item of a batch.
public enum BatchDecision: Sendable, Hashable {
    /// Decided without any change of the task.
    case result(BatchItem)
    /// The task's stop is to be written; then this is the item. It is final when the write itself ends the task.
    case write(TaskTransition, BatchItem)
}

/// A batch stop: its items, one after the other, and what they add up to. Pure.
///
/// An item is decided once: to a result, or to a stop that it then follows by its id until that has ended. Source of the rules:
/// the comments of `BatchStopRequest` in `proto/cutover/v1/stop.proto`.
public enum BatchMachine {
    /// Items of a page, and stops that are accepted in one durable write.
    public static let maxPageItems = 1_000
    /// The smallest page of a batch that has a limit of stops in progress; such pages are rewritten more often.
    public static let minPageItems = 100
    /// Stops of one batch in progress at one time when it names no limit.
    public static let maxInProgress = 10_000

    /// A new batch, with pages for the tasks that are named.
    /// - Parameters:
    ///   - request: validated; without duplicates in `taskIds`.
    ///   - duplicates: how many were dropped.
    public static func begin(
        _ request: BatchStopRequest, id: String, actor: String, duplicates: Int, fingerprint: [UInt8], nowMs: Int64
    ) -> (record: BatchRecord, pages: [BatchPage]) {
        let size = pageItems(request)
        var terms = request
        terms.taskIds = []
        terms.overrides = []
        let overrides = Dictionary(request.overrides.map { ($0.taskId, $0) }) { first, _ in first }
        var pages: [BatchPage] = []
        for start in stride(from: 0, to: request.taskIds.count, by: size) {
            let ids = request.taskIds[start..<min(start + size, request.taskIds.count)]
            pages.append(
                BatchPage(
                    batchId: id, index: UInt32(pages.count), items: ids.map { BatchItem(taskId: $0) },
                    overrides: ids.compactMap { overrides[$0] }))
        }
        let count = UInt32(request.taskIds.count)
        let batch = StopBatch(
            id: id, actor: actor, state: .accepting, createdAtMs: nowMs, terms: terms, named: count,
            duplicates: UInt32(duplicates), summary: BatchSummary(items: count, pending: count))
        let record = BatchRecord(
            batch: batch, fingerprint: fingerprint, pages: UInt32(pages.count), pageItems: UInt32(size),
            selected: request.selector == nil, selectedBeforeMs: nowMs)
        return (record, pages)
    }

    private static func pageItems(_ request: BatchStopRequest) -> Int {
        request.maxParallel == 0 ? maxPageItems : min(maxPageItems, max(minPageItems, Int(request.maxParallel)))
    }

    // MARK: - One item

    /// Decides an item.
    ///
    /// A stop of this very batch is the item's own: the batch was interrupted after the task was written and before the page was.
    /// - Parameters:
    ///   - order: the batch's terms, with what the item overrides.
    ///   - state: nil when there is no such task.
    public static func decide(
        _ item: BatchItem, _ order: StopOrder, for state: TaskState?, nowMs: Int64
    ) -> BatchDecision {
        guard let state else {
            return .result(
                refused(
                    item, .unknownTask, ErrorInfo(message: "There is no task with this id.", reason: "UNKNOWN_TASK")))
        }
        var item = item
        item.taskName = state.record.name
        if let stop = state.stop, !order.batchID.isEmpty, stop.batchId == order.batchID {
            return .result(follow(item, stop, state.record.status))
        }
        do {
            switch try StopMachine.decide(order, for: state, nowMs: nowMs) {
            case .accepted(let transition):
                guard let stop = transition.state.stop else { return .result(item) }
                return .write(transition, follow(item, stop, transition.state.record.status))
            case .inProgress: return .result(stand(item, .inProgress, state))
            case .alreadyEnded: return .result(stand(item, .alreadyStopped, state))
            }
        } catch {
            item.status = state.record.status
            return .result(
                refused(item, .rejected, ErrorInfo(message: error.explanation, reason: error.reason.rawValue)))
        }
    }

    /// The item as its stop stands.
    /// - Parameter status: the task's status; nil when only the stop is known.
    public static func follow(_ item: BatchItem, _ stop: Stop, _ status: TaskStatus?) -> BatchItem {
        var item = item
        item.stopId = stop.id
        item.modeTaken = stop.modeTaken
        item.final = true
        switch stop.phase {
        case .stopped:
            item.result = .stopped
            item.drained = stop.drained
            item.undrained = !stop.drained && stop.phases.contains { $0.phase == .releasing }
            item.status = stop.completes ? .completed : .stopped
        case .failed:
            item.result = .failed
            item.status = .stopFailed
        case .withdrawn:
            item.result = .withdrawn
            if let status { item.status = status }
        default:
            item.result = .accepted
            item.final = false
            if let status { item.status = status }
        }
        item.error = nil
        if item.final, item.result != .stopped {
            item.error =
                stop.failure.map { ErrorInfo(message: $0.message, reason: $0.code) }
                ?? (stop.phase == .withdrawn ? ErrorInfo(message: stop.withdrawnReason, reason: "WITHDRAWN") : nil)
        }
        return item
    }

    /// What is left undecided of a page is not tried any more.
    public static func giveUp(_ page: BatchPage, _ why: ErrorInfo) -> BatchPage {
        var page = page
        for index in page.items.indices where page.items[index].isPending {
            page.items[index] = refused(page.items[index], .notAttempted, why)
        }
        return page
    }

    private static func stand(_ item: BatchItem, _ result: StopItemResult, _ state: TaskState) -> BatchItem {
        var item = item
        item.result = result
        item.status = state.record.status
        item.stopId = state.record.stopId
        item.modeTaken = state.stop?.modeTaken ?? .unspecified
        item.final = true
        return item
    }

    static func refused(_ item: BatchItem, _ result: StopItemResult, _ why: ErrorInfo) -> BatchItem {
        var item = item
        item.result = result
        item.error = why
        item.final = true
        return item
    }

    // MARK: - The batch

    /// Why no more items may be decided; nil when they may.
    public static func ending(_ batch: StopBatch) -> ErrorInfo? {
        if batch.cancelled {
            return ErrorInfo(message: "The batch was cancelled before this task was tried.", reason: "BATCH_CANCELLED")
        }
        let limit = batch.terms?.stopAfterFailures ?? 0
        let failures = (batch.summary?.failed ?? 0) + (batch.summary?.withdrawn ?? 0)
        guard limit > 0, failures >= limit else { return nil }
        return ErrorInfo(
            message: "\(failures) stops of the batch failed or were withdrawn before this task was tried.",
            reason: "TOO_MANY_FAILURES")
    }

    /// How many more stops may be in progress.
    public static func room(_ batch: StopBatch, inProgress: Int) -> Int {
        let limit = batch.terms?.maxParallel ?? 0
        return max(0, (limit == 0 ? maxInProgress : Int(limit)) - inProgress)
    }

    /// Whether a task that fits the store's part of a selector is old enough.
    public static func selects(_ selector: StopSelector, _ record: TaskRecord, atMs: Int64) -> Bool {
        guard record.createdAtMs <= atMs else { return false }
        let age = UInt64(clamping: atMs - record.createdAtMs)
        let unchanged = UInt64(clamping: atMs - record.updatedAtMs)
        return age >= selector.minAgeMs && unchanged >= selector.minUnchangedMs
    }
}

extension BatchItem {
    /// Nothing is decided about it yet.
    public var isPending: Bool { result == .unspecified }
}

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
