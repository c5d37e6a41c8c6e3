import ArgumentParser
import CutoverConsole
import CutoverModel

struct BatchListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List batches, the latest first.")

    @Option(help: ArgumentHelp("The most batches to show, 1 to 1000.", valueName: "count"))
    var limit: UInt32 = 100

    @Flag(help: "Show all batches, however many.")
    var all = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// The size of a page when all are asked for: the largest the server gives.
    private static let largestPage: UInt32 = 1000

    func validate() throws {
        guard (1...Self.largestPage).contains(limit) else {
            throw ValidationError("--limit is a number from 1 to \(Self.largestPage); --all shows all batches.")
        }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            var request = ListBatchStopsRequest(pageSize: all ? Self.largestPage : limit)
            var batches: [StopBatch] = []
            repeat {
                let page = try await session.client.listBatchStops(request)
                batches += page.batches
                request.pageToken = page.nextPageToken
            } while all && !request.pageToken.isEmpty
            let list = FieldValue.list(batches.map { .message($0.fields(includingDefaults: true)) })
            try session.print(list, as: output.format) { BatchListRenderer(style: $0).lines(batches) }
            if !request.pageToken.isEmpty {
                session.console.printErrorLines(["There are more batches than these \(batches.count): --all shows all."]
                )
            }
        }
    }
}
