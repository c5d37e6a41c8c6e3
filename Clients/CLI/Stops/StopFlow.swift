import ArgumentParser
import CutoverConsole
import CutoverModel

/// From what was named and selected to an exit status: plan, dialog, stop, outcome.
struct StopFlow: Sendable {
    var session: ServerSession
    var terms: StopTerms
    /// Nobody is asked.
    var isConfirmed = false
    /// The command stays until the stops have ended.
    var waits = false
    var format = OutputFormat.table

    /// Stops one task.
    func stop(_ taskID: String, planHash: [UInt8]) async throws -> CommandStatus {
        try await SingleStop(flow: self).run(taskID, planHash: planHash)
    }

    /// Stops the tasks of a selection as one batch.
    func stop(_ selection: StopSelection) async throws -> CommandStatus {
        let request = terms.batchRequest(selection)
        let follower = BatchFollower(session: session, format: format, waits: waits)
        if isConfirmed { return try await follower.begin(request) }
        try requireSomebodyToAsk()
        let (prospect, shown) = try await StopProspecting(client: session.client, terms: terms).prospect(of: request)
        switch confirm(prospect) {
        case .confirmed: return try await follower.begin(shown)
        case .declined(let status): return status
        }
    }

    /// Says what a batch would do to each task, and changes nothing.
    func dryRun(_ selection: StopSelection) async throws -> CommandStatus {
        var request = terms.batchRequest(selection)
        request.dryRun = true
        return try await BatchFollower(session: session, format: format, waits: false).begin(request)
    }

    /// Shows the plans of the tasks, and changes nothing.
    func plan(_ selection: StopSelection) async throws -> CommandStatus {
        let prospecting = StopProspecting(client: session.client, terms: terms)
        guard selection.selector == nil else {
            guard format == .table else { return try await dryRun(selection) }
            let (prospect, _) = try await prospecting.prospect(of: terms.batchRequest(selection))
            return try show(prospect, [])
        }
        let plans = try await prospecting.plans(of: selection)
        // A lone task that is not there is an error, as elsewhere.
        if plans.count == 1, case .failure(let error) = plans[0].outcome { throw error }
        return try show(StopProspect(plans), plans)
    }

    private func show(_ prospect: StopProspect, _ plans: [PlannedStop]) throws -> CommandStatus {
        let values = plans.compactMap { try? $0.outcome.get() }.map {
            FieldValue.message($0.fields(includingDefaults: true))
        }
        let isOne = plans.count == 1
        try session.print(isOne ? values.first ?? .list([]) : .list(values), as: format) { style in
            let renderer = StopPlanRenderer(style: style)
            if isOne, let plan = try? plans.first?.outcome.get() { return renderer.detailLines(plan) }
            return renderer.lines(prospect)
        }
        if prospect.refusedCount == 0 { return .ok }
        return prospect.refusalStatus
    }

    enum Answer {
        case confirmed
        /// Nothing is stopped; the exit status that this leads to.
        case declined(CommandStatus)
    }

    /// Shows what would be done and asks whoever sits at the terminal.
    func confirm(_ prospect: StopProspect) -> Answer {
        if StopConfirmation(console: session.console).confirm(prospect) { return .confirmed }
        if prospect.stoppable > 0 {
            session.console.printErrorLines(["Nothing was stopped."])
            return .declined(.interrupted)
        }
        if prospect.refusedCount + prospect.ended + prospect.inProgress == 0 {
            session.console.printErrorLines(["No task fits."])
        }
        return .declined(prospect.refusalStatus)
    }

    /// Looked at before the server is asked for what the dialog shows.
    func requireSomebodyToAsk() throws(UsageProblem) {
        guard session.console.canAsk else {
            throw UsageProblem(
                "A stop is asked for confirmation, and there is no terminal to ask at. "
                    + "Give --yes to stop without being asked.")
        }
    }
}
