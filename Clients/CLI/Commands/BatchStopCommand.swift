import ArgumentParser
import CutoverConsole

struct BatchStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop many tasks for good, as one batch.",
        discussion: """
            Prints one result for each task and then the summary; with -o json one document a line. The tasks are named, by \
            arguments, in --file or, with -, on the standard input; or selected, by conditions that are joined by "and"; or \
            both. The batch is durable: the server finishes it whatever becomes of this command.

            --override-file is a map from the id of a task to its terms: mode, reason, drain_to, drain_deadline_ms, \
            on_deadline, require_all_objects.
            """)

    @Argument(help: "Ids of the tasks, or - for the standard input.")
    var ids: [String] = []

    @OptionGroup(title: "Select tasks") var selector: SelectorOptions
    @OptionGroup(title: "Batch") var batch: BatchOptions
    @OptionGroup(title: "Stop") var stop: StopOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let problem = StopSelection.problem(
            given: ids, file: batch.file, selector: selector.selector, isConfirmed: stop.yes || batch.dryRun)
        if let problem { throw ValidationError(problem) }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let selection = try StopSelection.load(given: ids, selector: selector, batch: batch)
            let flow = StopFlow(
                session: session, terms: stop.terms, isConfirmed: stop.yes, waits: stop.waiting == .wait,
                format: output.format)
            let status = batch.dryRun ? try await flow.dryRun(selection) : try await flow.stop(selection)
            try status.exitUnlessOK()
        }
    }
}
