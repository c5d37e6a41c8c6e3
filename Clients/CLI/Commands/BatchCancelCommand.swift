import ArgumentParser
import CutoverConsole
import CutoverModel

struct BatchCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Keep a batch from stopping more tasks.",
        discussion: """
            Tasks that the batch has not decided about are not attempted. Stops that it has accepted go on; with --withdraw \
            those that have not passed their point of no return are withdrawn, and their tasks run on.
            """)

    @Argument(help: "Id of the batch.")
    var id: String

    @Flag(help: "Also withdraw its stops that have not passed the point of no return.")
    var withdraw = false

    @Option(help: ArgumentHelp("Why, for the batch's record.", valueName: "text"))
    var reason = ""

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let batch = try await session.client.cancelBatchStop(id, withdraw: withdraw, reason: reason)
            try session.print(batch, as: output.format) { style in
                let outcome = batch.cancelled ? "cancelled" : "had finished already"
                let counts = batch.summary.map { ["  " + BatchRenderer(style: style).line($0)] } ?? []
                return ["Batch \(TextWidth.harmless(batch.id)) \(outcome)"] + counts
            }
        }
    }
}
