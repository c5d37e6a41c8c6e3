import ArgumentParser
import CutoverClient
import CutoverConsole
import CutoverModel

/// Begins a batch or takes it up, prints each result, and shows how what is in progress goes on.
struct BatchFollower: Sendable {
    var session: ServerSession
    var format: OutputFormat
    /// Stays until each accepted stop has ended; else until each task is decided.
    var waits: Bool

    /// How often progress is asked for, in milliseconds.
    static let progressIntervalMs: UInt32 = 1000

    func begin(_ request: BatchStopRequest) async throws -> CommandStatus {
        var request = request
        request.wait = waits && !request.dryRun
        // Where only a few stops may be in progress it takes as long to decide about the last as to stop the others.
        let leavesEarly = !waits && !request.dryRun && request.maxParallel > 0
        return try await follow(session.client.batchStop(request), leavesEarly: leavesEarly)
    }

    /// Follows a batch that exists until it has ended.
    func watch(_ batchID: String, onlyChanges: Bool) async throws -> CommandStatus {
        try await follow(session.client.watchBatchStop(batchID, onlyChanges: onlyChanges), leavesEarly: false)
    }

    private func follow(_ results: BatchStopResults, leavesEarly: Bool) async throws -> CommandStatus {
        let board = BatchBoard()
        let display = LiveDisplay(console: session.console)
        let advice: @Sendable () async -> InterruptAdvice = {
            .batch(results.batchID, isAnnounced: await board.tally.isAnnounced)
        }
        let output = try await display.waiting(or: advice) { () async throws -> BatchOutput in
            try await withThrowingTaskGroup(of: BatchOutput?.self) { group in
                group.addTask { try await collect(results, board, leavesEarly: leavesEarly) }
                if waits { group.addTask { try await follow(tasksOf: results.batchID, board, display) } }
                group.addTask { try await draw(board, display) }
                defer { group.cancelAll() }
                while let output = try await group.next() {
                    if let output { return output }
                }
                throw CutoverError(.cancelled, "the wait was cancelled")
            }
        }
        await display.clear()
        let tally = await board.tally
        output.finish(tally)
        if tally.summary == nil {
            session.console.printErrorLines([
                "The batch goes on at the server:", "  cutover batch watch \(results.batchID)",
            ])
        }
        return tally.commandStatus
    }

    private func collect(
        _ results: BatchStopResults, _ board: BatchBoard, leavesEarly: Bool
    ) async throws -> BatchOutput {
        var output = BatchOutput(session: session, format: format)
        for try await event in results {
            let ended = await board.take(event)
            try output.take(event, ended: ended)
            if leavesEarly, event.accepted != nil { break }
        }
        return output
    }

    /// Hears how the stops of the batch go on. It only adds to what is shown: when it fails the results still come.
    private func follow(tasksOf batchID: String, _ board: BatchBoard, _ display: LiveDisplay) async throws
        -> BatchOutput?
    {
        while await !board.tally.isAnnounced { try await Task.sleep(for: .milliseconds(50)) }
        // Tasks in other statuses have nothing to show, and a batch may have very many of them.
        let events = session.client.watchTasks(
            WatchTasksRequest(
                progressIntervalMs: Self.progressIntervalMs, batchId: batchID,
                statuses: [.stopping, .faultRectification]))
        let renderer = StopProgressRenderer(style: display.style)
        do {
            for try await event in events {
                if let changed = await board.take(event, nowMs: session.console.nowMs()) {
                    await display.log([renderer.plainLine(changed)])
                }
            }
        } catch {
            return nil
        }
        return nil
    }

    private func draw(_ board: BatchBoard, _ display: LiveDisplay) async throws -> BatchOutput? {
        let renderer = BatchLiveRenderer(style: display.style)
        let console = session.console
        try await display.redraw {
            renderer.lines(await board.tally, await board.stops, nowMs: console.nowMs(), rows: console.rows)
        }
        return nil
    }
}
