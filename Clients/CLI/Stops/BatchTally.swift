import CutoverConsole
import CutoverModel

/// What is known of a batch so far, from the messages of its stream. A pure value.
///
/// It holds what is in progress and counts the rest: a batch may have a million tasks.
struct BatchTally: Sendable {
    private(set) var accepted = BatchAccepted()
    /// The first message has come: the batch is durable.
    private(set) var isAnnounced = false
    private(set) var summary: BatchSummary?
    /// Tasks whose last result is not final.
    private(set) var inProgress: Set<String> = []
    private(set) var counts: [StopItemResult: Int] = [:]
    private var forced = 0
    private var undrained = 0
    private var statuses: Set<CommandStatus> = []

    /// Takes in a message.
    ///
    /// - Returns: its item when that is the last that will be told of its task.
    mutating func take(_ event: BatchStopEvent) -> BatchItem? {
        if let accepted = event.accepted {
            self.accepted = accepted
            isAnnounced = true
        }
        if let summary = event.summary { self.summary = summary }
        guard let item = event.item else { return nil }
        guard item.final else {
            inProgress.insert(item.taskId)
            return nil
        }
        inProgress.remove(item.taskId)
        counts[item.result, default: 0] += 1
        if item.modeTaken == .forced { forced += 1 }
        if item.undrained { undrained += 1 }
        statuses.insert(item.commandStatus)
        return item
    }

    /// Tasks with a result that is final.
    var ended: Int { counts.values.reduce(0, +) }

    /// Tasks of the batch as far as they are known: those of a selector are counted as they are found.
    var tasks: Int { max(Int(accepted.items), ended + inProgress.count, Int(summary?.items ?? 0)) }

    /// What the tasks share, or `partial`.
    var commandStatus: CommandStatus {
        guard let summary, ended < Int(summary.items) else { return CommandStatus(combining: statuses) }
        // Results that were final before the watch began were not told; they count all the same.
        var statuses = statuses
        let drained = (summary.stopped &+ summary.alreadyStopped) > summary.undrained
        if drained { statuses.insert(.ok) }
        if summary.undrained > 0 { statuses.insert(.undrained) }
        let counts: [(UInt32, StopItemResult)] = [
            (summary.rejected, .rejected),
            (summary.unknown, .unknownTask), (summary.failed, .failed), (summary.withdrawn, .withdrawn),
            (summary.notAttempted, .notAttempted),
        ]
        for (count, result) in counts where count > 0 { statuses.insert(result.commandStatus) }
        return CommandStatus(combining: statuses)
    }

    /// The counts so far, as the server sums them up at the end.
    var runningSummary: BatchSummary {
        func count(_ result: StopItemResult) -> UInt32 { UInt32(clamping: counts[result] ?? 0) }
        return BatchSummary(
            items: UInt32(clamping: tasks), accepted: count(.accepted),
            inProgress: UInt32(clamping: inProgress.count) + count(.inProgress), stopped: count(.stopped),
            alreadyStopped: count(.alreadyStopped), rejected: count(.rejected), unknown: count(.unknownTask),
            failed: count(.failed), withdrawn: count(.withdrawn), notAttempted: count(.notAttempted),
            pending: UInt32(clamping: tasks - ended - inProgress.count), forced: UInt32(clamping: forced),
            undrained: UInt32(clamping: undrained))
    }
}
