/// Which tasks a run needs before it can begin.
struct TaskNeeds: Sendable, Hashable {
    /// Tasks that are only read.
    var steady = 0
    /// Tasks that are stopped, each once.
    var fresh = 0

    /// The most tasks of one run.
    static let maxTasks = 2_000_000
    /// Tasks that are stopped when neither the caller nor a rate says how many.
    static let defaultFresh = 10_000
    /// Tasks that are read when the caller does not say how many.
    static let defaultSteady = 1_000

    /// - Parameters:
    ///   - tasks: What the caller asked for, of each kind; nil leaves it to the rate.
    ///   - operations: The mix, with how many tasks one call of each operation stops.
    init(mix: OperationMix, loop: LoadLoop, times: RunTimes, tasks: Int?, batchSize: Int) {
        let reads = mix.parts.contains { ["get", "plan", "list"].contains($0.operation) }
        if reads { steady = tasks ?? Self.defaultSteady }
        var stops = 0.0
        for part in mix.parts where Self.stopping.contains(part.operation) {
            stops += mix.share(of: part.operation) * (part.operation == "batch-stop" ? Double(batchSize) : 1)
        }
        guard stops > 0 else { return }
        if let tasks {
            fresh = tasks
        } else if case .open(let rate, _) = loop {
            let calls = Schedule(rate: rate, rampNs: times.rampNs).calls(beforeNs: times.totalNs)
            // Which call is which operation is drawn, so there is some room above the mean.
            let needed = Double(calls) * stops
            fresh = Int(min(Double(Self.maxTasks), mix.parts.count > 1 ? needed * 1.1 + 100 : needed + 1))
        } else {
            fresh = Self.defaultFresh
        }
    }

    static let stopping: Set<String> = ["stop", "batch-stop", "watch"]
}
