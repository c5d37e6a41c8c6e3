import ArgumentParser
import CutoverConsole

struct BatchWatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a batch until each of its stops has ended.",
        discussion: "The exit status is that of the results, as after \"cutover batch stop --wait\".")

    @Argument(help: "Id of the batch.")
    var id: String

    @Flag(help: "Leave out the results that were final before.")
    var onlyChanges = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            // A watch waits long for a server that went away; one that was never there is told at once.
            _ = try await session.client.checkHealth()
            let follower = BatchFollower(session: session, format: output.format, waits: true)
            try (try await follower.watch(id, onlyChanges: onlyChanges)).exitUnlessOK()
        }
    }
}
