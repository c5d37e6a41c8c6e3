import ArgumentParser

struct BatchStopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop many tasks for good, as one batch.",
        discussion: """
            Prints one result for each task and then the summary. Ids come from the arguments, from --file, or, with -, \
            from the standard input; one a line or separated by blanks, and # begins a comment.
            """)

    @Argument(help: "Ids of the tasks, or - for the standard input.")
    var ids: [String] = []

    @Option(help: ArgumentHelp("File with ids.", valueName: "file"), completion: .file())
    var file: String?

    @OptionGroup(title: "Stop") var stop: StopOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !ids.isEmpty || file != nil else { throw ValidationError("Give ids of tasks, --file FILE, or -.") }
        let readsInput = ids.contains("-") || file == "-"
        if readsInput, !stop.yes {
            throw ValidationError("Ids from the standard input leave nobody to ask: give --yes, or use --file.")
        }
    }

    func run() async throws {
        try await ServerSession.run(connection) { session in
            var all = ids.filter { $0 != "-" }
            if ids.contains("-") { all += try IDFile.load(path: "-") }
            if let file { all += try IDFile.load(path: file) }
            guard !all.isEmpty else { throw UsageProblem("there are no ids to stop") }
            let flow = StopFlow(session: session, options: stop.values, format: output.format)
            try (try await flow.run(all, asBatch: true)).exitUnlessOK()
        }
    }
}
