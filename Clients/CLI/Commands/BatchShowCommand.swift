import ArgumentParser
import CutoverClient
import CutoverConsole
import CutoverModel

struct BatchShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a batch: its terms, its counts, and what did not go well.",
        discussion: """
            With --items also each task's result; then -o json prints one document a line, the batch first.
            """)

    @Argument(help: "Id of the batch.")
    var id: String

    @Flag(help: "Also each task's result.")
    var items = false

    @Option(
        name: .customLong("result"),
        help: ArgumentHelp("Only tasks with this result, as failed; may be repeated.", valueName: "result"))
    var results: [ResultArgument] = []

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// The most results shown unless --items asks for them.
    private static let problemLimit = 20

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let batch = try await session.client.getBatchStop(id)
            guard items || !results.isEmpty else { return try await overview(batch, session) }
            try session.printStreamed(GetBatchStopResponse(batch: batch), as: output.format) {
                BatchDetailRenderer(style: $0).lines(batch) + [""]
            }
            for try await item in session.client.batchItems(id, results: results.map(\.result)) {
                try session.printStreamed(BatchStopEvent(item: item), as: output.format) {
                    BatchRenderer(style: $0).lines(item)
                }
            }
        }
    }

    private func overview(_ batch: StopBatch, _ session: ServerSession) async throws {
        var problems: [BatchItem] = []
        if output.format == .table, (batch.summary?.problems ?? 0) > 0 {
            let results = StopItemResult.allKnown.filter { $0 != .unspecified && $0.commandStatus != .ok }
            for try await item in session.client.batchItems(id, results: results) {
                problems.append(item)
                if problems.count == Self.problemLimit { break }
            }
        }
        try session.print(batch, as: output.format) { BatchDetailRenderer(style: $0).lines(batch, problems: problems) }
    }
}
