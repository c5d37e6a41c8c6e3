import ArgumentParser
import CutoverClient
import CutoverConsole

struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find the highest rate at which the 99th percentile stays under a limit.",
        discussion: """
            Each rate is tried as an open loop: first twice the last one, until it is not sustained, then the middle between \
            good and bad. A rate is sustained when p99 is at most the limit, 95 % of the calls were answered in time, and \
            none failed. The report that is written is that of the best rate.
            """)

    @OptionGroup(title: "Workload") var workload: WorkloadOptions

    @Option(name: .customLong("p99"), help: ArgumentHelp("The limit, such as 2ms or 500us.", valueName: "latency"))
    var limit: LatencyArgument

    @Option(help: ArgumentHelp("The first rate, in calls a second.", valueName: "number"))
    var startRate = 1_000.0

    @Option(help: ArgumentHelp("The highest rate that is tried.", valueName: "number"))
    var maxRate = 1_000_000.0

    @Option(help: ArgumentHelp("The most rates that are tried, 1 to 100.", valueName: "count"))
    var steps = 20

    @OptionGroup(title: "Shape of each step") var shape: ShapeOptions
    @OptionGroup(title: "Databases") var databases: DatabaseOptions
    @OptionGroup(title: "Results") var report: ReportOptions
    @OptionGroup(title: "Target") var target: TargetOptions

    func run() async throws {
        let address = target.connection.address(environment: Console.current.environment)
        try await LoadSession.run(address: address) { session in
            guard startRate <= maxRate, (1...100).contains(steps) else {
                throw UsageProblem("--start-rate must be at most --max-rate, and --steps 1 to 100")
            }
            _ = try shape.loop(rate: maxRate)
            var search = StepSearch(
                .init(startRate: startRate, maxRate: maxRate, p99LimitNs: limit.ns, maxSteps: steps))
            let files = try report.open()
            let signals = InterruptSignals()
            let table = SearchText(style: session.console.outputStyle)
            session.console.printLines(table.head(limit: limit.ns))
            var best: LoadReport?
            var isInterrupted = false
            while case .attempt(let rate) = search.next {
                let report = try await attempt(rate, session, signals)
                guard report.end == .finished else {
                    isInterrupted = report.end == .interrupted
                    break
                }
                search.note(
                    rate: rate, achievedRate: report.throughput,
                    p99Ns: report.combinedLatency.ns(atPercentile: 99), failed: report.failed)
                if let step = search.steps.last { session.console.printLines([table.line(step)]) }
                if search.best?.rate == rate { best = report }
            }
            session.console.printLines(table.verdict(search))
            if let best { try files.write(best, nowMs: session.console.nowMs()) }
            if isInterrupted { try CommandStatus.interrupted.exitUnlessOK() }
            try (search.best == nil ? CommandStatus.failed : .ok).exitUnlessOK()
        }
    }

    private func attempt(
        _ rate: Double, _ session: LoadSession, _ signals: InterruptSignals
    ) async throws -> LoadReport {
        try workload.check()
        let plan = LoadPlan(
            address: try target.address(session.console), configuration: try target.configuration(session.console),
            connections: shape.connections, loop: try shape.loop(rate: rate), times: shape.times,
            mix: try workload.mix(), payloadBytes: workload.payload, pageSize: workload.pageSize,
            batchSize: workload.batchSize, watchers: workload.watchers, tasks: workload.tasks,
            databases: try databases.load(console: session.console), title: report.title)
        let name = RunName.make()
        let control = RunControl()
        signals.onInterrupt(first: { control.end(.interrupted) }, second: RunName.leftBehind(name))
        let display = RunDisplay(console: session.console, plan: plan)
        let run = LoadRun(
            plan: plan, name: name, control: control, progress: display.show, nowMs: session.console.nowMs)
        do {
            let outcome = try await run.run()
            display.clear()
            RunCommand.tell(outcome, name, session.console)
            return outcome.report
        } catch {
            display.clear()
            if control.early == .interrupted { throw ExitCode(CommandStatus.interrupted.rawValue) }
            throw error
        }
    }
}
