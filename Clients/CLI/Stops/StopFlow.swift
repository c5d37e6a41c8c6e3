import ArgumentParser
import CutoverModel

/// From ids to an exit status: plan, dialog, stop, outcome.
struct StopFlow: Sendable {
    var session: ServerSession
    var options: StopOptionValues
    var format: OutputFormat

    /// The most tasks of one batch: the server's limit.
    static let batchLimit = 100_000

    func run(_ given: [String], asBatch: Bool) async throws -> CommandStatus {
        var seen: Set<String> = []
        let ids = given.filter { seen.insert($0).inserted }
        guard ids.count <= Self.batchLimit else {
            throw UsageProblem("At most \(Self.batchLimit) tasks can be stopped at once; \(ids.count) were given.")
        }
        var mode = options.mode
        if !options.isConfirmed {
            guard session.console.canAsk else { throw StopFlow.nobodyToAsk }
            let plans = try await StopPlanning(client: session.client, mode: mode).plans(ids)
            guard StopConfirmation(console: session.console).confirm(plans) else { return declined(plans) }
            mode = StopConfirmation.confirmedMode(asked: mode, plans)
        }
        if ids.count == 1, !asBatch, let id = ids.first {
            return try await SingleStop(session: session, options: options, format: format).run(id, mode: mode)
        }
        return try await ManyStops(session: session, options: options, format: format).run(ids, mode: mode)
    }

    private static let nobodyToAsk = UsageProblem(
        "A stop is asked for confirmation, and there is no terminal to ask at. "
            + "Give --yes to stop without being asked.")

    /// The status when nothing was stopped: because nothing could be, or because the answer was no.
    private func declined(_ plans: [PlannedStop]) -> CommandStatus {
        if plans.contains(where: { $0.effectivePlan != nil }) {
            session.console.printErrorLines(["Nothing was stopped."])
            return .interrupted
        }
        return CommandStatus(
            combining: plans.map { plan in
                switch plan.outcome {
                case .success: plan.legalPlan == nil ? .rejected : .ok
                case .failure(let error): CommandStatus(error)
                }
            })
    }
}
