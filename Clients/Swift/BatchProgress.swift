import CutoverModel
import CutoverServices

/// What of a batch has been delivered, so that it can be asked for again without a repetition. A pure value.
///
/// It keeps some 20 bytes for each task, not the results themselves: a batch may hold a million.
struct BatchProgress: StreamProgress, Hashable {
    /// How the results of a batch are asked for.
    enum Call: Sendable, Hashable {
        /// Begins the batch, or takes its stream up again under the same request id.
        case stop(BatchStopRequest)
        /// Follows a batch that exists.
        case watch(WatchBatchStopRequest)
    }

    let call: Call
    private var isAnnounced = false
    /// What was told last of each task. Ids are UUIDs, which need less room as numbers; whatever is none stays text.
    private var told: [UInt128: UInt32] = [:]
    private var toldByText: [String: UInt32] = [:]
    /// The summary was delivered: the batch is complete.
    private(set) var isComplete = false

    static let streamName = "the batch"

    init(_ call: Call) {
        self.call = call
    }

    /// Whether a message is new and to be delivered.
    mutating func take(_ event: BatchStopEvent) -> Bool {
        if event.accepted != nil {
            defer { isAnnounced = true }
            return !isAnnounced
        }
        if let item = event.item { return take(item) }
        if event.summary != nil {
            isComplete = true
            told = [:]
            toldByText = [:]
        }
        return true
    }

    private mutating func take(_ item: BatchItem) -> Bool {
        let number = RequestID.number(of: item.taskId)
        let known = number.map { told[$0] } ?? toldByText[item.taskId]
        let mark = Self.mark(of: item)
        if let known, known == mark || known & Self.finalBit != 0 { return false }
        if let number { told[number] = mark } else { toldByText[item.taskId] = mark }
        return true
    }

    private static let finalBit: UInt32 = 1

    /// What tells two results of one task apart, in one number.
    private static func mark(of item: BatchItem) -> UInt32 {
        let result = UInt32(UInt8(truncatingIfNeeded: item.result.rawValue))
        let status = UInt32(UInt8(truncatingIfNeeded: item.status.rawValue))
        let mode = UInt32(UInt8(truncatingIfNeeded: item.modeTaken.rawValue))
        return result << 24 | status << 16 | mode << 8 | (item.final ? finalBit : 0)
    }

    func open(_ client: CutoverClient) -> RPCMessageSequence<BatchStopEvent> {
        switch call {
        case .stop(let request): client.batches.batchStop(request)
        case .watch(let request): client.batches.watchBatchStop(request)
        }
    }
}
