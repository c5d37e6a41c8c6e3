import CutoverClient
import CutoverModel

/// Stops many tasks in one batch: one result for each, then the summary.
struct ManyStops: Sendable {
    var session: ServerSession
    var options: StopOptionValues
    var format: OutputFormat

    /// What the server told of a batch.
    private struct Outcome: Sendable {
        var batch = BatchAccepted()
        /// The last result of each task, in the order of the first.
        var order: [String] = []
        var items: [String: BatchItem] = [:]
        var summary = BatchSummary()

        mutating func take(_ item: BatchItem) {
            if items.updateValue(item, forKey: item.taskId) == nil { order.append(item.taskId) }
        }

        var results: [BatchItem] { order.compactMap { items[$0] } }
    }

    func run(_ ids: [String], mode: StopMode) async throws -> CommandStatus {
        let followsEach = options.waits && ids.count <= StopFollower.stopLimit
        let request = BatchStopRequest(
            taskIds: ids, mode: mode, reason: options.reason, requestId: options.requestID,
            wait: options.waits && !followsEach, requireAllObjects: options.requiresAllObjects,
            drainDeadlineMs: options.drainDeadlineMs)
        let display = LiveDisplay(console: session.console)
        let follower = StopFollower(session: session)
        let batch = session.client.batchStop(request)
        let outcome = try await follower.waiting(for: ids, display) { try await collect(batch, display) }
        await display.clear()
        var ended: [StopTaskResponse] = []
        if followsEach {
            let accepted = outcome.results.filter { $0.result == .accepted || $0.result == .inProgress }
            var stops: [Stop] = []
            for item in accepted {
                let response = try await session.client.getStop(stopID: item.stopId)
                if let stop = response.stop ?? response.receipt?.stop { stops.append(stop) }
            }
            ended = try await follower.follow(stops)
        }
        try report(outcome, ended)
        return commandStatus(outcome, ended)
    }

    private func collect(_ batch: BatchStopResults, _ display: LiveDisplay) async throws -> Outcome {
        var outcome = Outcome()
        let renderer = BatchRenderer(style: display.style)
        for try await event in batch {
            if let accepted = event.accepted {
                outcome.batch = accepted
                await display.log([renderer.line(accepted)])
            }
            if let item = event.item { outcome.take(item) }
            if let summary = event.summary { outcome.summary = summary }
            await display.draw([renderer.countLine(ended: outcome.items.count { $0.value.final }, of: outcome.batch)])
        }
        return outcome
    }

    private func report(_ outcome: Outcome, _ ended: [StopTaskResponse]) throws {
        let renderer = BatchRenderer(style: session.console.outputStyle)
        let followed = Set(ended.compactMap { $0.stop?.taskId ?? $0.receipt?.stop?.taskId })
        let value = FieldValue.message([
            ModelField(name: "batch_id", value: .string(outcome.batch.batchId)),
            ModelField(name: "duplicates", value: .uint(UInt64(outcome.batch.duplicates))),
            ModelField(name: "items", value: .list(outcome.results.map(Self.document))),
            ModelField(name: "summary", value: Self.document(outcome.summary)),
            ModelField(name: "stops", value: .list(ended.map(Self.document))),
        ])
        try session.print(value, as: format) { style in
            var lines = [renderer.line(outcome.batch)]
            lines += outcome.results.filter { !followed.contains($0.taskId) }.map { "  " + renderer.line($0) }
            let stopLines = StopProgressRenderer(style: style)
            lines += ended.compactMap { $0.receipt?.stop ?? $0.stop }.map { "  " + stopLines.endLine($0) }
            return lines + [renderer.line(Self.summary(outcome.summary, ended))]
        }
    }

    /// The server's summary, with what became since of the stops that were followed here.
    private static func summary(_ summary: BatchSummary, _ ended: [StopTaskResponse]) -> BatchSummary {
        var summary = summary
        for response in ended {
            guard let stop = response.receipt?.stop ?? response.stop else { continue }
            if summary.accepted > 0 { summary.accepted -= 1 } else if summary.inProgress > 0 { summary.inProgress -= 1 }
            switch StopVerdict(stop) {
            case .drained, .undrained: summary.stopped += 1
            case .failed: summary.failed += 1
            case .underWay: summary.inProgress += 1
            }
        }
        return summary
    }

    private static func document(_ message: some ModelMessage) -> FieldValue {
        .message(message.fields(includingDefaults: true))
    }

    /// What the tasks share, or `partial`. A followed stop counts by its outcome, not by its acceptance.
    private func commandStatus(_ outcome: Outcome, _ ended: [StopTaskResponse]) -> CommandStatus {
        var statuses: [String: CommandStatus] = [:]
        for item in outcome.results { statuses[item.taskId] = SingleStop.commandStatus(item.result) }
        for response in ended {
            guard let stop = response.receipt?.stop ?? response.stop else { continue }
            statuses[stop.taskId] = StopVerdict(stop).commandStatus
        }
        return CommandStatus(combining: statuses.values)
    }
}
