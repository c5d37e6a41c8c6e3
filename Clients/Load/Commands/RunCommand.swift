import ArgumentParser
import CutoverClient
import CutoverConsole

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Send calls and measure them.",
        discussion: """
            With --rate, calls are sent at their times whatever becomes of the others (an open loop), and latency counts \
            from the time at which a call was to be sent. Without it, each worker sends its next call when the last was \
            answered (a closed loop), which finds the highest throughput but hides the waiting of calls.
            """)

    @OptionGroup(title: "Workload") var workload: WorkloadOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Calls a second: an open loop.", valueName: "number"))
    var rate: Double?

    @OptionGroup(title: "Shape") var shape: ShapeOptions

    @Option(help: ArgumentHelp("Processes that share the load and report as one, 1 to 64.", valueName: "count"))
    var processes = 1

    @OptionGroup(title: "Databases") var databases: DatabaseOptions
    @OptionGroup(title: "Results") var report: ReportOptions
    @OptionGroup(title: "Target") var target: TargetOptions

    /// Set by a parent process: say "ready" when prepared, and begin when a line comes.
    @Flag(name: .customLong("wait-for-parent"), help: .hidden)
    var waitsForParent = false

    func run() async throws {
        let address = target.connection.address(environment: Console.current.environment)
        try await LoadSession.run(address: address) { session in
            guard (1...64).contains(processes) else { throw UsageProblem("--processes must be 1 to 64") }
            let plan = try plan(session.console)
            let files = try report.open()
            let signals = InterruptSignals()
            let driver = RunDisplay(console: session.console, plan: plan, isQuiet: waitsForParent)
            var merged: LoadReport
            if processes > 1 {
                let children = ChildRuns(arguments: try childArguments(), console: session.console)
                merged = try await children.run(signals)
                merged.title = plan.mixTitle
            } else {
                merged = try await single(plan, driver, signals, session)
            }
            if !waitsForParent {
                session.console.printLines(ReportText(style: session.console.outputStyle).lines(merged))
            }
            try files.write(merged, nowMs: session.console.nowMs())
            try Self.status(merged).exitUnlessOK()
        }
    }

    private func single(
        _ plan: LoadPlan, _ display: RunDisplay, _ signals: InterruptSignals, _ session: LoadSession
    ) async throws -> LoadReport {
        let control = RunControl()
        let name = RunName.make()
        signals.onInterrupt(first: { control.end(.interrupted) }, second: RunName.leftBehind(name))
        var run = LoadRun(
            plan: plan, name: name, control: control, progress: display.show, nowMs: session.console.nowMs)
        if waitsForParent { run.whenPrepared = { try await ChildRuns.waitForParent(session.console) } }
        do {
            let outcome = try await run.run()
            display.clear()
            Self.tell(outcome, name, session.console)
            return outcome.report
        } catch {
            display.clear()
            if control.early == .interrupted { throw ExitCode(CommandStatus.interrupted.rawValue) }
            throw error
        }
    }

    /// What each process is told: the arguments of this one, and its part of what can be divided. The last of several
    /// options of one name counts.
    private func childArguments() throws(UsageProblem) -> [[String]] {
        guard shape.connections >= processes else {
            throw UsageProblem("--connections must be at least --processes: each process has its own")
        }
        guard databases.databases == nil else {
            throw UsageProblem(
                "--databases and --processes do not go together: each process would want the same databases")
        }
        let own = ArgumentList(Array(CommandLine.arguments.dropFirst())).without(["--html", "--title"])
        return (0..<processes).map { number in
            func part(_ whole: Int) -> String {
                String(max(1, whole / processes + (number < whole % processes ? 1 : 0)))
            }
            var arguments =
                own + ["--connections", part(shape.connections), "--seed", String(workload.seed &+ UInt64(number))]
            arguments += ["--watchers", part(workload.watchers)]
            if let tasks = workload.tasks { arguments += ["--tasks", part(tasks)] }
            if let rate {
                arguments += [
                    "--rate", String(rate / Double(processes)), "--in-flight-limit", part(shape.inFlightLimit),
                ]
            }
            return arguments
        }
    }

    private func plan(_ console: Console) throws(UsageProblem) -> LoadPlan {
        try workload.check()
        return LoadPlan(
            address: try target.address(console), configuration: try target.configuration(console),
            connections: shape.connections, loop: try shape.loop(rate: rate), times: shape.times,
            mix: try workload.mix(), payloadBytes: workload.payload, pageSize: workload.pageSize,
            batchSize: workload.batchSize, watchers: workload.watchers, tasks: workload.tasks,
            databases: try databases.load(console: console), title: report.title)
    }

    /// What clean-up could not take away.
    static func tell(_ outcome: LoadRun.Outcome, _ name: String, _ console: Console) {
        switch outcome.cleaning {
        case nil: return
        case .success(let cleaning) where cleaning.left == 0: return
        case .success(let cleaning):
            let why = cleaning.problem.map { ": \(TextWidth.harmless($0.message))" } ?? ""
            console.printErrorLines([
                "cutover-load: \(CountFormat.phrase(cleaning.left, "prepared task")) could not be taken away\(why)",
                "  cutover-load clean --run \(name)",
            ])
        case .failure(let error):
            console.printErrorLines([
                "cutover-load: the prepared tasks could not be taken away: \(TextWidth.harmless(error.message))",
                "  cutover-load clean --run \(name)",
            ])
        }
    }

    static func status(_ report: LoadReport) -> CommandStatus {
        if report.end == .interrupted { return .interrupted }
        if report.failed == 0 { return .ok }
        return report.succeeded == 0 ? .failed : .partial
    }
}
