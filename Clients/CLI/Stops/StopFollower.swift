import ArgumentParser
import CutoverClient
import CutoverModel

/// Waits for accepted stops to end, and shows how they go on.
struct StopFollower: Sendable {
    var session: ServerSession

    /// How often progress is asked for, in milliseconds.
    static let progressIntervalMs: UInt32 = 500
    /// The most stops followed one by one; more are counted by the batch's own stream.
    static let stopLimit = 1000

    /// The outcomes, in the order of the stops, each with its receipt when it ended well.
    func follow(_ stops: [Stop]) async throws -> [StopTaskResponse] {
        guard !stops.isEmpty else { return [] }
        let client = session.client
        let display = LiveDisplay(console: session.console)
        let outcomes = try await waiting(for: stops.map(\.taskId), display) { () async throws -> [StopTaskResponse] in
            try await untilEnded(stops, display)
            var outcomes: [StopTaskResponse] = []
            for stop in stops { outcomes.append(try await client.getStop(stopID: stop.id)) }
            return outcomes
        }
        await display.clear()
        return outcomes
    }

    /// Runs a wait; Ctrl-C ends it with words on what goes on without it.
    func waiting<Value: Sendable>(
        for ids: [String], _ display: LiveDisplay, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await Interrupt.race(body)
        } catch is Interrupt.Interrupted {
            await display.clear()
            session.console.printErrorLines(Self.interruptedLines(ids))
            throw ExitCode(CommandStatus.interrupted.rawValue)
        } catch {
            await display.clear()
            throw error
        }
    }

    static func interruptedLines(_ ids: [String]) -> [String] {
        let subject = ids.count == 1 ? "The stop goes on" : "The stops go on"
        let shown = ids.prefix(3).map { TextWidth.harmless($0) }.joined(separator: " ") + (ids.count > 3 ? " ..." : "")
        return [
            "\(subject) at the server; only the waiting was interrupted.",
            "  Follow:   cutover watch \(shown)",
            "  Outcome:  cutover receipt \(ids.count == 1 ? shown : "ID")",
        ]
    }

    /// How often the live view is drawn when nothing happens, in milliseconds, so that the times in it go on.
    private static let redrawIntervalMs = 500

    private func untilEnded(_ stops: [Stop], _ display: LiveDisplay) async throws {
        let board = StopBoard(stops)
        guard await !board.haveEnded else { return }
        let renderer = StopProgressRenderer(style: display.style)
        let console = session.console
        let events = session.client.watchTasks(stops.map(\.taskId), progressIntervalMs: Self.progressIntervalMs)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await event in events {
                    if let changed = await board.take(event, nowMs: console.nowMs()) {
                        await display.log([renderer.plainLine(changed)])
                    }
                    if await board.haveEnded { return }
                }
                throw CutoverError(.cancelled, "the wait was cancelled")
            }
            if display.isLive {
                group.addTask {
                    while true {
                        await display.draw(renderer.liveLines(board.stops, nowMs: console.nowMs()))
                        try await Task.sleep(for: .milliseconds(Self.redrawIntervalMs))
                    }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
