import CutoverModel

/// The tasks of a live table: the latest state of each, in the order in which they were first seen. A pure value.
struct WatchedTasks: Sendable {
    private var order: [String] = []
    private var latest: [String: MigrationTask] = [:]

    var tasks: [MigrationTask] { order.compactMap { latest[$0] } }

    /// Takes in a message; a deleted task goes.
    mutating func take(_ event: WatchEvent) {
        let id = event.taskId.isEmpty ? event.task?.id ?? "" : event.taskId
        guard let task = event.task else {
            if event.event != nil {
                latest[id] = nil
                order.removeAll { $0 == id }
            }
            return
        }
        if latest.updateValue(task, forKey: id) == nil { order.append(id) }
    }
}
