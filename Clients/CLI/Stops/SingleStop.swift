import CutoverModel

/// Stops one task.
struct SingleStop: Sendable {
    var session: ServerSession
    var options: StopOptionValues
    var format: OutputFormat

    func run(_ id: String, mode: StopMode) async throws -> CommandStatus {
        var response = try await session.client.stopTask(
            StopTaskRequest(
                taskId: id, mode: mode, reason: options.reason, requestId: options.requestID,
                requireAllObjects: options.requiresAllObjects, drainDeadlineMs: options.drainDeadlineMs))
        guard let stop = response.stop ?? response.receipt?.stop else {
            try session.print(response, as: format) { [line(id, response, style: $0)] }
            return Self.commandStatus(response)
        }
        let isUnderWay = StopVerdict(stop) == .underWay
        if options.waits, isUnderWay {
            let outcome = try await StopFollower(session: session).follow([stop])
            response = outcome.first ?? response
        }
        let final = response
        let showsReceipt = options.waits || final.result == .alreadyStopped
        try session.print(final, as: format) { style in
            showsReceipt ? ReceiptRenderer(style: style).lines(final) : [line(id, final, style: style)]
        }
        return Self.commandStatus(final)
    }

    /// What the stop's own record says; without one, what the server answered.
    static func commandStatus(_ response: StopTaskResponse) -> CommandStatus {
        if let stop = response.receipt?.stop ?? response.stop { return StopVerdict(stop).commandStatus }
        return commandStatus(response.result)
    }

    static func commandStatus(_ result: StopItemResult) -> CommandStatus {
        switch result {
        case .accepted, .inProgress, .stopped, .alreadyStopped: .ok
        case .rejected, .withdrawn, .notAttempted: .rejected
        case .unknownTask: .notFound
        case .failed: .failed
        case .unspecified, .unrecognized: .internalError
        }
    }

    private func line(_ id: String, _ response: StopTaskResponse, style: TextStyle) -> String {
        let result = style.paint(response.result.words, response.result.ink)
        guard let stop = response.stop else { return "\(TextWidth.harmless(id))  \(result)" }
        let name = style.paint(TextWidth.harmless(stop.taskName), .bold)
        if StopVerdict(stop) != .underWay { return StopProgressRenderer(style: style).endLine(stop) }
        return "\(name)  stop \(result)  \(stop.modeTaken.name)  stop id \(stop.id)"
    }
}

/// The options of a stop, apart from how they were parsed.
struct StopOptionValues: Sendable, Hashable {
    var mode = StopMode.auto
    var reason = ""
    var isConfirmed = false
    var waits = false
    var requiresAllObjects = false
    var drainDeadlineMs: UInt32 = 0
    var requestID = ""
}
