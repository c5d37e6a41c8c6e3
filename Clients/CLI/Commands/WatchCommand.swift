import ArgumentParser
import CutoverClient
import CutoverConsole
import CutoverModel

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show changes of tasks as they happen.",
        discussion: """
            Prints the present state of each task and then a line for each change, until interrupted. With -o json one \
            document a line. A lost connection is made anew and nothing is missed; when the server no longer keeps the \
            changes in between it says so, and each task follows as it stands. Conditions are joined by "and".
            """)

    @Argument(help: "Ids of the tasks; none means all.")
    var ids: [String] = []

    @OptionGroup(title: "Select tasks") var filter: WatchOptions

    @Flag(help: "Draw a table that is kept up to date, with progress. Needs a terminal.")
    var live = false

    @Option(
        help: ArgumentHelp(
            "Also progress of running tasks, this often: 100ms to 60s, 0s for never.",
            discussion: "Without it every 5 s where ids are given, else never.", valueName: "duration"))
    var progress: DurationArgument?

    @Option(
        name: [.customLong("after-revision"), .customLong("after")],
        help: ArgumentHelp("Show changes after this revision only.", valueName: "revision"))
    var after: UInt64 = 0

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// How often progress is shown where ids are given, and in the live table, in milliseconds.
    private static let namedIntervalMs: UInt32 = 5000
    private static let liveIntervalMs: UInt32 = 1000

    func validate() throws {
        if live, output.format != .table { throw ValidationError("--live draws a table; it has no -o json or yaml.") }
        if live, after > 0 {
            throw ValidationError("--live begins with the present state; it has no --after-revision.")
        }
        if let progress, progress.ms != 0, !(100...60_000).contains(progress.ms) {
            throw ValidationError("--progress is from 100ms to 60s, or 0s for never.")
        }
    }

    private var request: WatchTasksRequest {
        var request = filter.request
        request.taskIds = ids
        request.afterRevision = after
        request.progressIntervalMs =
            progress?.ms ?? (live ? Self.liveIntervalMs : ids.isEmpty ? 0 : Self.namedIntervalMs)
        return request
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
        let watch = session.client.watchTasks(request)
        let format = output.format
        let place = WatchPlace(revision: after)
        do {
            try await Interrupt.race {
                for try await event in watch {
                    try session.printStreamed(event, as: format) { style in
                        WatchRenderer(style: style).lines(event, nowMs: session.console.nowMs())
                    }
                    place.take(event)
                }
            }
        } catch is Interrupt.Interrupted {
            let revision = place.revision
            if session.console.errorIsTerminal, revision > 0 {
                session.console.printErrorLines(["", "To go on from here: --after-revision \(revision)"])
            }
            throw ExitCode(CommandStatus.interrupted.rawValue)
        }
    }

    private func table(_ session: ServerSession) async throws {
        let watch = session.client.watchTasks(request)
        let display = LiveDisplay(console: session.console)
        let rows = session.console.rows
        do {
            try await Interrupt.race {
                var watched = WatchedTasks()
                let renderer = WatchTableRenderer(style: display.style)
                for try await event in watch {
                    watched.take(event)
                    if watched.isListing { continue }
                    await display.draw(renderer.lines(watched, nowMs: session.console.nowMs(), rows: rows))
                }
            }
        } catch is Interrupt.Interrupted {
            // What was drawn last stays, so that it can be read; the terminal has put "^C" below it.
            session.console.printErrorLines([""])
            throw ExitCode(CommandStatus.interrupted.rawValue)
        }
    }
}
