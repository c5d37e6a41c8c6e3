import CutoverClient
import CutoverConsole
import CutoverModel

/// Stops one task.
struct SingleStop: Sendable {
    var flow: StopFlow

    /// How often the dialog is shown when the plan changes while somebody reads it.
    private static let dialogLimit = 3

    /// - Parameter planHash: Empty unless one was given: then the stop is carried out so or not at all.
    func run(_ id: String, planHash: [UInt8]) async throws -> CommandStatus {
        if flow.isConfirmed { return try await stop(id, flow.terms.stopRequest(id, planHash: planHash)) }
        try flow.requireSomebodyToAsk()
        var dialogs = 0
        while true {
            dialogs += 1
            let plans = try await StopPlanning(client: flow.session.client, terms: flow.terms).plans([id])
            if case .declined(let status) = flow.confirm(StopProspect(plans)) { return status }
            do {
                return try await stop(id, Self.confirmedRequest(id, flow.terms, plans.first, planHash: planHash))
            } catch let error as CutoverError
                where error.reason == "PLAN_CHANGED" && planHash.isEmpty && dialogs < Self.dialogLimit
            {
                flow.session.console.printErrorLines(["", "Something has changed since. This is the plan now:", ""])
            }
        }
    }

    /// What was shown is what is asked: by the hash of the plan, or where there is none by its mode.
    ///
    /// Without this a task that broke down after the dialog would be stopped by force although a graceful stop was
    /// confirmed.
    static func confirmedRequest(
        _ id: String, _ terms: StopTerms, _ planned: PlannedStop?, planHash: [UInt8]
    ) -> StopTaskRequest {
        var terms = terms
        guard planHash.isEmpty, let plan = planned?.effectivePlan else {
            return terms.stopRequest(id, planHash: planHash)
        }
        if plan.planHash.isEmpty, terms.mode == .auto, plan.modeTaken == .graceful { terms.mode = .graceful }
        return terms.stopRequest(id, planHash: plan.planHash)
    }

    private func stop(_ id: String, _ request: StopTaskRequest) async throws -> CommandStatus {
        let session = flow.session
        var response = try await session.client.stopTask(request)
        guard let stop = response.stop ?? response.receipt?.stop else {
            try session.print(response, as: flow.format) { lines(id, response, style: $0) }
            return Self.commandStatus(response)
        }
        if flow.waits, StopVerdict(stop) == .underWay {
            let outcome = try await StopFollower(session: session).follow([stop])
            response = outcome.first ?? response
        }
        let final = response
        let showsReceipt = flow.waits || final.result == .alreadyStopped
        try session.print(final, as: flow.format) { style in
            showsReceipt ? ReceiptRenderer(style: style).lines(final) : lines(id, final, style: style)
        }
        return Self.commandStatus(final)
    }

    /// What the stop's own record says; without one, what the server answered.
    static func commandStatus(_ response: StopTaskResponse) -> CommandStatus {
        if let stop = response.receipt?.stop ?? response.stop { return StopVerdict(stop).commandStatus }
        return response.result.commandStatus
    }

    private func lines(_ id: String, _ response: StopTaskResponse, style: TextStyle) -> [String] {
        let result = style.paint(response.result.words, response.result.ink)
        guard let stop = response.stop else { return ["\(TextWidth.harmless(id))  \(result)"] }
        let name = TextWidth.harmless(stop.taskName)
        if StopVerdict(stop) != .underWay { return [StopProgressRenderer(style: style).endLine(stop)] }
        let waiting = stop.phase == .waiting ? ", \(stop.phase.words)" : ""
        let rest = "\(waiting)  \(stop.modeTaken.name)"
        let id = "  stop id \(stop.id)"
        let head = "\(style.paint(name, .bold))  stop \(result)\(rest)"
        let width = TextWidth.columns(of: "\(name)  stop \(response.result.words)\(rest)\(id)")
        return width <= style.columns ? [head + id] : [head, id]
    }
}
