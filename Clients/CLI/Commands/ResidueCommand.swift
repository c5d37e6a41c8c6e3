import ArgumentParser

struct ResidueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "residue", abstract: "Show or finish what a forced stop left behind.",
        discussion: """
            A forced stop moves no triggers, events and counters. "cutover residue TASK" shows the statements that make them \
            at the destination, "cutover residue finish TASK --reason TEXT" has the server run them.
            """,
        subcommands: [ResidueShowCommand.self, ResidueFinishCommand.self], defaultSubcommand: ResidueShowCommand.self)
}
