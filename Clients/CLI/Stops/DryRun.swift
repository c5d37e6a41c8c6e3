import CutoverModel

/// What a dry run of a batch said: counts, the ids of what would be stopped, and some tasks to show. A pure value.
struct DryRun: Sendable {
    private(set) var prospect = StopProspect()
    /// The ids of the tasks that would be stopped; nil when there are more than a batch may name.
    private(set) var ids: [String]? = []
    /// The ids of those that would be stopped by force; nil when there are more than a batch may have overrides.
    private(set) var forcedIDs: [String]? = []
    private var forcedShown: [BatchItem] = []
    private var othersShown: [BatchItem] = []

    /// The most overrides of one batch: the server's limit.
    static let overrideLimit = 10_000

    mutating func take(_ item: BatchItem) {
        switch item.result {
        case .accepted, .stopped:
            prospect.stoppable += 1
            Self.append(item.taskId, to: &ids, limit: StopSelection.namedLimit)
            if item.modeTaken == .forced {
                prospect.forced += 1
                Self.append(item.taskId, to: &forcedIDs, limit: Self.overrideLimit)
                if forcedShown.count < StopProspect.shownLimit { forcedShown.append(item) }
            } else if othersShown.count < StopProspect.shownLimit {
                othersShown.append(item)
            }
        case .alreadyStopped: prospect.ended += 1
        case .inProgress: prospect.inProgress += 1
        default:
            prospect.refusedCount += 1
            if prospect.refused.count < StopProspect.shownLimit { prospect.refused.append(.init(item)) }
        }
    }

    private static func append(_ id: String, to ids: inout [String]?, limit: Int) {
        guard let count = ids?.count else { return }
        if count < limit { ids?.append(id) } else { ids = nil }
    }

    /// The tasks to show one by one, those by force first.
    var shown: [BatchItem] { Array((forcedShown + othersShown).prefix(StopProspect.shownLimit)) }

    /// The prospect with what the server planned for the tasks that are shown.
    func prospect(_ plans: [PlannedStop]) -> StopProspect {
        var prospect = prospect
        prospect.shown = zip(shown, plans).map { item, planned in
            if let plan = planned.effectivePlan { return plan }
            // It changed since the dry run, or cannot be planned: what the dry run said of it.
            return StopPlan(
                taskId: item.taskId, taskName: item.taskName, status: item.status, legal: true,
                modeTaken: item.modeTaken)
        }
        return prospect
    }
}
