import ArgumentParser

struct BatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Act on many tasks at once.", subcommands: [BatchStopCommand.self])
}
