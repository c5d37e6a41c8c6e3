import ArgumentParser
import CutoverConsole

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop tasks for good.",
        usage: """
            cutover stop ID [--wait] [--reason TEXT] [--drain-to POINT] ...
            cutover stop ID --plan
            cutover stop [ID ...] [--status STATUS] [--label KEY=VALUE] ...
            """,
        discussion: """
            First shows what the stop would do and asks. A healthy task is drained, its triggers and events are moved, and \
            it is released; a broken one is released at once, and what was left undone is listed in its receipt. Once \
            accepted the stop belongs to the server. A stopped task cannot be resumed.

            One id is stopped by itself. Several ids, or tasks that are selected, are stopped as one batch; see \
            "cutover batch".
            """)

    @Argument(help: "Ids of the tasks; - reads them from the standard input.")
    var ids: [String] = []

    @Flag(help: "Show what the stop would do, and change nothing.")
    var plan = false

    @Option(
        name: .customLong("plan-hash"),
        help: ArgumentHelp(
            "Hash that --plan printed: stop so or, if the plan would be another one now, not at all.",
            valueName: "hex"))
    var planHash: PlanHashArgument?

    @OptionGroup(title: "Stop") var stop: StopOptions
    @OptionGroup(title: "Select tasks") var selector: SelectorOptions
    @OptionGroup(title: "Many tasks") var batch: BatchOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    private var isSingle: Bool {
        ids.count == 1 && ids != ["-"] && selector.selector == nil && !batch.asksForBatch
    }

    func validate() throws {
        let problem = StopSelection.problem(
            given: ids, file: batch.file, selector: selector.selector, isConfirmed: stop.yes || plan || batch.dryRun)
        if let problem { throw ValidationError(problem) }
        if planHash != nil, !isSingle { throw ValidationError("--plan-hash is of one task: name it by its id alone.") }
        if plan, batch.dryRun { throw ValidationError("Give --plan or --dry-run, not both.") }
        if plan, planHash != nil { throw ValidationError("Give --plan or --plan-hash, not both.") }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            let flow = StopFlow(
                session: session, terms: stop.terms, isConfirmed: stop.yes, waits: stop.waiting == .wait,
                format: output.format)
            let status: CommandStatus
            if isSingle, !plan {
                status = try await flow.stop(ids[0], planHash: planHash?.bytes ?? [])
            } else {
                let selection = try StopSelection.load(given: ids, selector: selector, batch: batch)
                if plan {
                    status = try await flow.plan(selection)
                } else if batch.dryRun {
                    status = try await flow.dryRun(selection)
                } else {
                    status = try await flow.stop(selection)
                }
            }
            try status.exitUnlessOK()
        }
    }
}
