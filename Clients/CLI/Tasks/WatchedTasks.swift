import CutoverModel

/// The tasks of a live table: the latest state of each, in the order in which they were first seen. A pure value.
struct WatchedTasks: Sendable {
    /// A task with its stop, when it has one.
    struct Entry: Sendable {
        var task: MigrationTask
        var stop: Stop?
    }

    private var order: [String] = []
    private var latest: [String: Entry] = [:]
    /// Tasks that are left out because there are too many.
    private(set) var omitted = 0
    /// The present states are coming in; the table is not whole yet.
    private(set) var isListing = false

    /// The most tasks that are held: no table is longer.
    static let limit = 10_000

    var entries: [Entry] { order.compactMap { latest[$0] } }

    /// Takes in a message; a deleted task goes, and everything goes when the server lists anew.
    mutating func take(_ event: WatchEvent) {
        switch event.kind {
        case .relist: self = WatchedTasks()
        case .present: isListing = true
        case .presentEnd: isListing = false
        default: break
        }
        let id = event.taskId.isEmpty ? event.task?.id ?? "" : event.taskId
        guard let task = event.task else {
            if event.event != nil, latest.removeValue(forKey: id) != nil { order.removeAll { $0 == id } }
            return
        }
        if latest[id] == nil {
            guard order.count < Self.limit else {
                omitted += 1
                return
            }
            order.append(id)
        }
        latest[id] = Entry(task: task, stop: event.stop)
    }
}
