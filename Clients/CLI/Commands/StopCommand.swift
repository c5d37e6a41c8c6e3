import ArgumentParser

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop tasks for good.",
        discussion: """
            First shows what the stop would do and asks. A healthy task is drained, its triggers and events are moved, and \
            it is released; a broken one is released at once, and what was left undone is listed in its receipt. Once \
            accepted the stop belongs to the server. A stopped task cannot be resumed.
            """)

    @Argument(help: "Ids of the tasks.")
    var ids: [String]

    @OptionGroup(title: "Stop") var stop: StopOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let flow = StopFlow(session: session, options: stop.values, format: output.format)
            try (try await flow.run(ids, asBatch: false)).exitUnlessOK()
        }
    }
}
