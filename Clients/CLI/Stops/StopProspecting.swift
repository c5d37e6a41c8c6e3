import CutoverClient
import CutoverConsole
import CutoverModel

/// Finds out what a batch would do, for the dialog before it: by the plan of each task when they are few, else by a dry run.
struct StopProspecting: Sendable {
    var client: CutoverClient
    var terms: StopTerms

    /// The most tasks that are planned one by one: a plan asks the source of its task.
    static let planLimit = 1000

    func plans(of selection: StopSelection) async throws -> [PlannedStop] {
        guard selection.ids.count <= Self.planLimit else {
            throw UsageProblem("At most \(Self.planLimit) tasks are planned one by one; --dry-run takes any number.")
        }
        return try await StopPlanning(client: client, terms: terms, overrides: selection.overrides)
            .plans(selection.ids)
    }

    /// What would become of the tasks, and the request that does that and nothing else.
    func prospect(
        of request: BatchStopRequest
    ) async throws -> (prospect: StopProspect, request: BatchStopRequest) {
        let planning = StopPlanning(client: client, terms: terms, overrides: request.overrides)
        if request.selector == nil, request.taskIds.count <= StopProspect.shownLimit {
            let plans = try await planning.plans(request.taskIds)
            let forced = plans.compactMap(\.effectivePlan).filter { $0.modeTaken == .forced }.map(\.taskId)
            return (StopProspect(plans), Self.pinned(request, tasks: request.taskIds, forced: forced))
        }
        var dry = DryRun()
        var trial = request
        trial.dryRun = true
        trial.requestId = ""
        for try await event in client.batchStop(trial) {
            if let item = event.item { dry.take(item) }
        }
        let plans = try await planning.plans(dry.shown.map(\.taskId))
        let tasks = request.selector == nil ? request.taskIds : dry.ids
        return (dry.prospect(plans), Self.pinned(request, tasks: tasks, forced: dry.forcedIDs))
    }

    /// The request that does what was shown: to these tasks, and by force only to those that were shown so.
    ///
    /// Without this a task that broke down, or began to fit the selector, after the dialog would be stopped in a way that
    /// nobody confirmed. A nil list was too long: then the server decides again.
    static func pinned(_ request: BatchStopRequest, tasks: [String]?, forced: [String]?) -> BatchStopRequest {
        var request = request
        if let tasks, !tasks.isEmpty {
            request.taskIds = tasks
            request.selector = nil
        }
        guard request.mode == .auto, let forced else { return request }
        var overrides = request.overrides
        let places = Dictionary(overrides.enumerated().map { ($0.element.taskId, $0.offset) }) { first, _ in first }
        for id in forced {
            if let place = places[id] {
                if overrides[place].mode == .unspecified { overrides[place].mode = .auto }
            } else {
                overrides.append(StopOverride(taskId: id, mode: .auto))
            }
        }
        guard overrides.count <= DryRun.overrideLimit else { return request }
        request.mode = .graceful
        request.overrides = overrides
        return request
    }
}
