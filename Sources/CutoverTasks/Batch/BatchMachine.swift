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
    /// Stops of one batch in progress at one time, at most and when it names no limit.
    public static let maxInProgress = 10_000

    /// A new batch, with pages for the tasks that are named.
    /// - Parameters:
    ///   - request: validated; without duplicates in `taskIds`.
    ///   - mayForce: whether the caller may stop by force; kept with the batch, which is carried out without the caller.
    ///   - duplicates: how many were dropped.
    ///   - pageItems: items of a page, 1 to 1000; nil for what suits the request.
    public static func begin(
        _ request: BatchStopRequest, id: String, actor: String, mayForce: Bool = true, duplicates: Int,
        fingerprint: [UInt8], pageItems: Int? = nil, nowMs: Int64
    ) -> (record: BatchRecord, pages: [BatchPage]) {
        let size = min(maxPageItems, max(1, pageItems ?? suitablePageItems(request)))
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
            duplicates: UInt32(duplicates), summary: BatchSummary(items: count, pending: count),
            forbidsForce: !mayForce)
        let record = BatchRecord(
            batch: batch, fingerprint: fingerprint, pages: UInt32(pages.count), pageItems: UInt32(size),
            selected: request.selector == nil, selectedBeforeMs: nowMs)
        return (record, pages)
    }

    private static func suitablePageItems(_ request: BatchStopRequest) -> Int {
        request.maxParallel == 0 ? maxPageItems : min(maxPageItems, max(minPageItems, Int(request.maxParallel)))
    }

    // MARK: - One item

    /// Decides an item.
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
            item.undrained = stop.leavesSomethingBehind
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
                ?? (stop.phase == .withdrawn ? calledOff(stop) : nil)
        }
        return item
    }

    private static func calledOff(_ stop: Stop) -> ErrorInfo {
        let why = stop.withdrawnReason.isEmpty ? "" : ": \(stop.withdrawnReason)"
        return ErrorInfo(message: "Withdrawn by \(stop.withdrawnBy)\(why)", reason: BatchItem.calledOffReason)
    }

    /// What is left undecided of a page is not tried any more.
    /// - Parameter states: of the tasks that are not decided about, as far as they exist.
    public static func giveUp(_ page: BatchPage, states: [String: TaskState] = [:], _ why: ErrorInfo) -> BatchPage {
        var page = page
        for index in page.items.indices where page.items[index].isPending {
            var item = page.items[index]
            if let state = states[item.taskId] {
                item.taskName = state.record.name
                item.status = state.record.status
            }
            page.items[index] = refused(item, .notAttempted, why)
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
    /// - Parameter failures: items of the batch that count as failures.
    public static func ending(_ batch: StopBatch, failures: Int) -> ErrorInfo? {
        if batch.cancelled {
            let why = batch.cancelledReason.isEmpty ? "" : ": \(batch.cancelledReason)"
            return ErrorInfo(
                message: "The batch was cancelled before this task was tried, by \(batch.cancelledBy)\(why)",
                reason: "BATCH_CANCELLED")
        }
        let limit = Int(batch.terms?.stopAfterFailures ?? 0)
        guard limit > 0, failures >= limit else { return nil }
        return ErrorInfo(
            message: "\(failures) stops of the batch failed or were withdrawn before this task was tried.",
            reason: "TOO_MANY_FAILURES")
    }

    /// Says where a batch stands by what is decided and what goes on.
    /// - Parameter inProgress: stops that go on once the record is written.
    public static func conclude(_ record: inout BatchRecord, inProgress: Int, nowMs: Int64) {
        if record.openPage < record.pages || !record.selected {
            record.batch?.state = .accepting
        } else if inProgress > 0 {
            record.batch?.state = .running
        } else {
            record.batch?.state = .finished
            record.batch?.endedAtMs = nowMs
        }
    }

    /// How many more stops may be in progress.
    public static func room(_ batch: StopBatch, inProgress: Int) -> Int {
        let limit = batch.terms?.maxParallel ?? 0
        return max(0, (limit == 0 ? maxInProgress : min(Int(limit), maxInProgress)) - inProgress)
    }
}

extension BatchItem {
    /// Why an item is withdrawn whose stop somebody called off; a failure or a deadline gives its own reason.
    static let calledOffReason = "STOP_CANCELLED"

    /// The item as a dry run tells it: the task is as it was, and there is no stop.
    public func foretold(_ status: TaskStatus) -> BatchItem {
        BatchItem(
            taskId: taskId, result: .accepted, status: status, modeTaken: modeTaken, final: true, taskName: taskName)
    }

    /// Nothing is decided about it yet.
    public var isPending: Bool { result == .unspecified }

    /// Its stop goes on.
    public var isOpen: Bool { !final && !isPending }

    /// Counts towards `stop_after_failures`: it failed, or it was withdrawn and nobody had called it off.
    public var isFailure: Bool {
        result == .failed || (result == .withdrawn && error?.reason != Self.calledOffReason)
    }
}

extension Stop {
    /// It has ended and the destination lacks something that the source had: by force, not drained, or a copy that is not whole.
    /// False when nothing had been written.
    var leavesSomethingBehind: Bool {
        guard phases.contains(where: { $0.phase == .releasing }) else { return false }
        return modeTaken == .forced || !copyComplete || !(drained || completes)
    }
}
