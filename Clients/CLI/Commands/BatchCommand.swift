import ArgumentParser

struct BatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Stop many tasks at once, and follow such batches.",
        subcommands: [
            BatchStopCommand.self, BatchListCommand.self, BatchShowCommand.self, BatchWatchCommand.self,
            BatchCancelCommand.self,
        ])
}
