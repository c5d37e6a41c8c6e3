import ArgumentParser
import CutoverConsole
import CutoverModel

struct AlarmsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms", abstract: "Show alarms, or watch them come and go.",
        discussion: """
            Shows the alarms that are active, the latest change first. With --watch the active ones, and then a line each \
            time an alarm is raised, repeated or cleared, until interrupted; with -o json one document a line. A task whose \
            stop was accepted raises none but STOP_STUCK.
            """)

    @Flag(help: "Also show alarms that were cleared.")
    var all = false

    @Option(help: ArgumentHelp("Only alarms of the task with this id.", valueName: "task"))
    var task = ""

    @Option(
        name: .customLong("kind"),
        help: ArgumentHelp("Only alarms of this kind; may be repeated.", valueName: "kind"))
    var kinds: [AlarmKindArgument] = []

    @Option(help: ArgumentHelp("The most alarms to show, 1 to 100000.", valueName: "count"))
    var limit = 1000

    @Flag(help: "Go on and show changes as they happen.")
    var watch = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// The size of a page: the largest the server gives.
    private static let largestPage = 1000

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 100000.") }
        if watch, all { throw ValidationError("--watch begins with the active alarms; it has no --all.") }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            if watch { try await follow(session) } else { try await list(session) }
        }
    }

    private func list(_ session: ServerSession) async throws {
        var request = ListAlarmsRequest(includeCleared: all, taskId: task, kinds: kinds.map(\.kind))
        var alarms: [Alarm] = []
        repeat {
            request.pageSize = UInt32(min(Self.largestPage, limit - alarms.count))
            let page = try await session.client.listAlarms(request)
            alarms += page.alarms.prefix(limit - alarms.count)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty && alarms.count < limit
        let list = FieldValue.list(alarms.map { .message($0.fields(includingDefaults: true)) })
        try session.print(list, as: output.format) { AlarmListRenderer(style: $0).lines(alarms) }
        if !request.pageToken.isEmpty {
            session.console.printErrorLines(["There are more alarms than these \(alarms.count): --limit shows more."])
        }
    }

    private func follow(_ session: ServerSession) async throws {
        // A watch waits long for a server that went away; one that was never there is told at once.
        _ = try await session.client.checkHealth()
        let request = WatchAlarmsRequest(taskId: task, kinds: kinds.map(\.kind))
        for try await event in session.client.watchAlarms(request) {
            guard let alarm = event.alarm else { continue }
            try session.printStreamed(alarm, as: output.format) { AlarmListRenderer(style: $0).watchLines(alarm) }
        }
    }
}
