import CutoverModel
internal import CutoverTasks

/// Which tasks a watch tells about. Conditions are joined by AND; one that is not given lets everything pass.
struct WatchFilter: Sendable {
    /// Those named, or whose stops were named; nil when none were. A task whose stop was named stays in when a later stop takes
    /// that one's place, so that its end is told.
    var taskIDs: Set<String>?
    var batchID = ""
    var statuses: Set<TaskStatus> = []
    var name = NamePattern("")
    var labels: [TaskLabel] = []

    /// Whether a task as it stands fits.
    func passes(_ state: TaskState) -> Bool {
        passes(named: state) && passes(state.stop) && (statuses.isEmpty || statuses.contains(state.record.status))
    }

    /// Whether a change is told: of the status before and after it and of the stop that the task had then, not of what it has
    /// become since, so that leaving a status is told too, and the end of a stop whose place another one took.
    /// - Parameters:
    ///   - state: nil when the task was deleted. What it was called is not known any more, so that its end is told to whoever might
    ///     have been told of it.
    ///   - stop: the stop that the task had then, as it stands now.
    func passes(_ event: TaskEvent, _ state: TaskState?, stop: Stop?) -> Bool {
        guard statuses.isEmpty || statuses.contains(event.from) || statuses.contains(event.to) else { return false }
        guard passes(stop) else { return false }
        guard let state else { return taskIDs?.contains(event.taskId) ?? true }
        return passes(named: state)
    }

    /// Whether a change may be told at all, as far as the change itself says.
    func mayPass(_ event: TaskEvent) -> Bool {
        guard event.batchId.isEmpty else { return event.batchId == batchID }
        return taskIDs?.contains(event.taskId) ?? true
    }

    private func passes(named state: TaskState) -> Bool {
        let record = state.record
        return (taskIDs?.contains(record.id) ?? true) && name.matches(record.name)
            && labels.allSatisfy(record.labels.contains)
    }

    private func passes(_ stop: Stop?) -> Bool { batchID.isEmpty || stop?.batchId == batchID }
}
