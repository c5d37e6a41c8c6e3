import CutoverClient
import CutoverModel

/// What the server answered when it was asked for the plan of one stop.
struct PlannedStop: Sendable {
    var taskID: String
    /// The plan, or why there is none, such as an unknown task.
    var outcome: Result<StopPlan, CutoverError>

    /// The plan, if the stop is legal and would change something.
    var effectivePlan: StopPlan? {
        guard let plan = legalPlan, !plan.isOfEndedTask else { return nil }
        return plan
    }

    /// The plan, if the stop is legal now. That of an ended task is: it is answered by its receipt.
    var legalPlan: StopPlan? {
        guard case .success(let plan) = outcome, plan.legal else { return nil }
        return plan
    }
}

extension StopPlan {
    /// The task has ended already: there is nothing to confirm.
    fileprivate var isOfEndedTask: Bool { status == .stopped || status == .completed }
}
