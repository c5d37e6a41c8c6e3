import CutoverClient
import CutoverModel

/// A batch that is followed, shared by what hears of it and what draws it.
actor BatchBoard {
    private(set) var tally = BatchTally()
    private var order: [String] = []
    private var running: [String: FollowedStop] = [:]

    /// The most stops that are followed one by one; the rest is counted.
    static let runningLimit = 1000

    /// Takes in a message of the batch.
    ///
    /// - Returns: its item when that is the last that will be told of its task.
    func take(_ event: BatchStopEvent) -> BatchItem? {
        let ended = tally.take(event)
        if let ended { remove(ended.taskId) }
        return ended
    }

    /// Takes in a message about the tasks of the batch.
    ///
    /// - Returns: the stop it is about when its headline changed.
    func take(_ event: WatchEvent, nowMs: Int64) -> FollowedStop? {
        if event.kind == .relist {
            order = []
            running = [:]
            return nil
        }
        let id = event.taskId.isEmpty ? event.task?.id ?? "" : event.taskId
        if var followed = running[id] {
            let before = followed.headline
            followed.observe(event, nowMs: nowMs)
            if followed.hasEnded { remove(id) } else { running[id] = followed }
            return followed.headline == before ? nil : followed
        }
        guard let stop = event.stop, !stop.hasEnded, order.count < Self.runningLimit else { return nil }
        var followed = FollowedStop(stop)
        followed.observe(event, nowMs: nowMs)
        order.append(id)
        running[id] = followed
        return followed
    }

    private func remove(_ id: String) {
        if running.removeValue(forKey: id) != nil { order.removeAll { $0 == id } }
    }

    /// The stops that are being carried out, in the order in which they were first seen.
    var stops: [FollowedStop] { order.compactMap { running[$0] } }
}
