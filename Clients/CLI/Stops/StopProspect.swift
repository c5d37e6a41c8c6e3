import CutoverConsole
import CutoverModel

/// What would become of the tasks of a stop, as it is shown before it is confirmed. A pure value.
struct StopProspect: Sendable {
    /// Tasks to be stopped that are shown one by one, those by force first.
    var shown: [StopPlan] = []
    /// Tasks that cannot be stopped, with the reason, that are shown one by one.
    var refused: [Refused] = []
    /// Tasks to be stopped, and those of them by force.
    var stoppable = 0
    var forced = 0
    var refusedCount = 0
    /// Tasks that have ended already: answered by their receipt.
    var ended = 0
    /// Tasks that are being stopped already.
    var inProgress = 0

    /// The most tasks of each kind that are shown one by one.
    static let shownLimit = 20

    /// A task that cannot be stopped.
    struct Refused: Sendable, Hashable {
        var taskID: String
        var name = ""
        var status = TaskStatus.unspecified
        var reason = ""
        var message = ""
        /// What it means for the exit status.
        var commandStatus = CommandStatus.rejected
    }

    init() {}

    /// The prospect of tasks each of which was planned.
    init(_ plans: [PlannedStop]) {
        var legal: [StopPlan] = []
        for planned in plans {
            if let plan = planned.effectivePlan {
                legal.append(plan)
            } else if planned.legalPlan != nil {
                ended += 1
            } else {
                refused.append(Refused(planned))
            }
        }
        stoppable = legal.count
        forced = legal.count { $0.modeTaken == .forced }
        refusedCount = refused.count
        shown = Self.forcedFirst(legal)
        refused = Array(refused.prefix(Self.shownLimit))
    }

    /// The first tasks of a list, those by force before the others: they are what one must not overlook.
    static func forcedFirst(_ plans: [StopPlan]) -> [StopPlan] {
        let ordered = plans.filter { $0.modeTaken == .forced } + plans.filter { $0.modeTaken != .forced }
        return Array(ordered.prefix(shownLimit))
    }

    /// The exit status when nothing can be stopped.
    var refusalStatus: CommandStatus {
        var statuses = refused.map(\.commandStatus)
        if ended + inProgress + stoppable > 0 { statuses.append(.ok) }
        return CommandStatus(combining: statuses)
    }
}

extension StopProspect.Refused {
    init(_ planned: PlannedStop) {
        switch planned.outcome {
        case .success(let plan):
            self.init(
                taskID: planned.taskID, name: plan.taskName, status: plan.status, reason: plan.refusal?.reason ?? "",
                message: plan.refusal?.message ?? "")
        case .failure(let error):
            self.init(
                taskID: planned.taskID, reason: error.reason, message: error.message,
                commandStatus: CommandStatus(error))
        }
    }

    init(_ item: BatchItem) {
        self.init(
            taskID: item.taskId, name: item.taskName, status: item.status,
            reason: item.error?.reason ?? (item.result == .unknownTask ? "UNKNOWN_TASK" : ""),
            message: item.error?.message ?? (item.result == .unknownTask ? "There is no task with this id." : ""),
            commandStatus: item.commandStatus)
    }
}
