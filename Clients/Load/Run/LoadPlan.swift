import CutoverClient

/// What a run does, from its options.
struct LoadPlan: Sendable {
    var address: String
    var configuration: CutoverClient.Configuration
    var connections: Int
    var loop: LoadLoop
    var times: RunTimes
    var mix: OperationMix
    var payloadBytes: Int
    var pageSize: UInt32
    var batchSize: Int
    var watchers: Int
    /// Prepared tasks that the caller asked for; nil leaves it to the run.
    var tasks: Int?
    var databases: RealDatabases?
    /// What the run is called in its report; nil names it for what it does.
    var title: String?

    var needs: TaskNeeds {
        TaskNeeds(mix: mix, loop: loop, times: times, tasks: databases?.count ?? tasks, batchSize: batchSize)
    }

    /// How long after the window calls that are held back may still begin: as long as one call may take.
    var patienceNs: UInt64 {
        let ms = configuration.timeoutMs == 0 ? 60_000 : configuration.timeoutMs
        return UInt64(ms) * 1_000_000
    }

    /// The names of what is measured: the operations of the mix, then what they cause.
    var operations: [String] {
        let named = mix.parts.map(\.operation)
        return named.contains("watch") ? named + [WatchWorkload.deliveries] : named
    }

    /// As many lanes of the recorder as workers may meet in.
    var lanes: Int {
        switch loop {
        case .closed(let inFlight): connections * inFlight
        case .open: Recorder.maxLanes
        }
    }

    func terms(tasks: Int) -> RunTerms {
        let has = Set(mix.parts.map(\.operation))
        var terms = RunTerms(
            mix: mix.parts, connections: connections, rampMs: times.rampNs / 1_000_000,
            warmUpMs: times.warmUpNs / 1_000_000, durationMs: times.durationNs / 1_000_000, tasks: tasks,
            migratesDatabases: databases != nil && tasks > 0, usesTLS: configuration.tls != nil, seed: mix.seed)
        switch loop {
        case .closed(let inFlight): terms.inFlight = inFlight
        case .open(let rate, let limit):
            terms.rate = rate
            terms.inFlightLimit = limit
        }
        if has.contains("echo") { terms.payloadBytes = payloadBytes }
        if has.contains("list") { terms.pageSize = pageSize }
        if has.contains("batch-stop") { terms.batchSize = batchSize }
        if has.contains("watch") { terms.watchers = watchers }
        return terms
    }

    /// The workloads of the mix, in its order.
    func workloads(steady: [String], fresh: FreshTasks, labels: [TaskLabel]) -> [any Workload] {
        mix.parts.compactMap { part -> (any Workload)? in
            switch part.operation {
            case "echo": EchoWorkload(payload: Self.payload(payloadBytes))
            case "get": GetWorkload(ids: steady)
            case "list": ListWorkload(pageSize: pageSize)
            case "plan": PlanWorkload(ids: steady)
            case "stop": StopWorkload(tasks: fresh)
            case "batch-stop": BatchStopWorkload(tasks: fresh, batchSize: batchSize)
            case "watch": WatchWorkload(tasks: fresh, watchers: watchers, labels: labels)
            default: nil
            }
        }
    }

    var mixTitle: String {
        if let title { return title }
        let mixText = terms(tasks: 0).mixText
        switch loop {
        case .closed(let inFlight): return "\(mixText), closed loop \(connections)x\(inFlight)"
        case .open(let rate, _): return "\(mixText), open loop \(RateFormat.text(rate))"
        }
    }

    /// The operations there are.
    static let operationNames = ["echo", "get", "list", "plan", "stop", "batch-stop", "watch"]

    private static func payload(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: OperationMix.scatter(UInt64($0))) }
    }
}
