import ArgumentParser
import CutoverClient
import CutoverModel

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show changes of tasks as they happen.",
        discussion: """
            Prints the present state of each task and then a line for each change, until interrupted. With -o json one \
            document a line. A lost connection is made anew and nothing is missed.
            """)

    @Argument(help: "Ids of the tasks; none means all.")
    var ids: [String] = []

    @Flag(help: "Draw a table that is kept up to date, with progress. Needs a terminal.")
    var live = false

    @Option(help: ArgumentHelp("Show changes after this revision only.", valueName: "revision"))
    var after: UInt64 = 0

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if live, output.format != .table { throw ValidationError("--live draws a table; it has no -o json or yaml.") }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            if live, !session.console.errorIsTerminal { throw UsageProblem("--live needs a terminal to draw on.") }
            // A watch waits long for a server that went away; one that was never there is told at once.
            _ = try await session.client.checkHealth()
            if live { try await table(session) } else { try await lines(session) }
        }
    }

    private func lines(_ session: ServerSession) async throws {
        for try await event in session.client.watchTasks(ids, afterRevision: after) {
            try session.printStreamed(event, as: output.format) { style in
                WatchRenderer(style: style).line(event, nowMs: session.console.nowMs()).map { [$0] } ?? []
            }
        }
    }

    private func table(_ session: ServerSession) async throws {
        let display = LiveDisplay(console: session.console)
        var watched = WatchedTasks()
        for try await event in session.client.watchTasks(ids, progressIntervalMs: 1000) {
            watched.take(event)
            await display.draw(TaskListRenderer(style: display.style).lines(watched.tasks))
        }
    }
}
