import ArgumentParser
import CutoverClient
import CutoverModel

/// Waits for accepted stops to end, and shows how they go on.
struct StopFollower: Sendable {
    var session: ServerSession

    /// How often progress is asked for, in milliseconds.
    static let progressIntervalMs: UInt32 = 500

    /// The outcomes, in the order of the stops, each with its receipt when it ended well.
    func follow(_ stops: [Stop]) async throws -> [StopTaskResponse] {
        guard !stops.isEmpty else { return [] }
        let client = session.client
        let display = LiveDisplay(console: session.console)
        let advice = InterruptAdvice.stops(stops.map(\.taskId))
        let outcomes = try await display.waiting(or: { advice }) { () async throws -> [StopTaskResponse] in
            try await untilEnded(stops, display)
            var outcomes: [StopTaskResponse] = []
            for stop in stops { outcomes.append(try await client.getStop(stopID: stop.id)) }
            return outcomes
        }
        await display.clear()
        return outcomes
    }

    private func untilEnded(_ stops: [Stop], _ display: LiveDisplay) async throws {
        let board = StopBoard(stops)
        guard await !board.haveEnded else { return }
        let renderer = StopProgressRenderer(style: display.style)
        let console = session.console
        let client = session.client
        let events = client.watchTasks(stops.map(\.taskId), progressIntervalMs: Self.progressIntervalMs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await event in events {
                    if let replaced = await board.replacedStop(by: event) {
                        // It was withdrawn and the task stopped anew while the connection was lost: the server knows how.
                        let response = try await client.getStop(stopID: replaced)
                        if let stop = response.receipt?.stop ?? response.stop { await board.take(stop) }
                    }
                    if let changed = await board.take(event, nowMs: console.nowMs()) {
                        await display.log([renderer.plainLine(changed)])
                    }
                    if await board.haveEnded { return }
                }
                throw CutoverError(.cancelled, "the wait was cancelled")
            }
            group.addTask {
                try await display.redraw {
                    renderer.liveLines(await board.stops, nowMs: console.nowMs(), rows: console.rows)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
