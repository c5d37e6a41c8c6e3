import CutoverClient
import Synchronization

/// One run from its preparation to its report: makes tasks, sends the calls, takes the tasks away.
struct LoadRun: Sendable {
    var plan: LoadPlan
    /// The name of the run, by which its tasks are known.
    var name: String
    var control: RunControl
    var progress: @Sendable (RunProgress) -> Void
    /// Waits for others that are to begin at the same time; see ``ChildRuns``.
    var whenPrepared: @Sendable () async throws -> Void = {}
    var nowMs: @Sendable () -> Int64

    /// What a run gave.
    struct Outcome: Sendable {
        var report: LoadReport
        /// nil when there was nothing to take away.
        var cleaning: Result<TaskCleaning.Outcome, CutoverError>?
    }

    /// How long calls may go on after an interrupt before they are cancelled.
    static let interruptGrace: Duration = .seconds(2)

    /// - Throws: ``CutoverError`` when the server cannot be reached or the preparation fails; what was prepared was taken
    ///   away then.
    func run() async throws -> Outcome {
        var configuration = plan.configuration
        // One client for each connection: a client of several opens them only while the others are busy. And a failed
        // call is a result, not something to try again.
        configuration.connectionsPerEndpoint = 1
        configuration.attemptsLimit = 1
        var clients: [CutoverClient] = []
        for _ in 0..<plan.connections {
            clients.append(try CutoverClient(endpoint: plan.address, configuration: configuration))
        }
        let result: Result<Outcome, any Error>
        do {
            result = .success(try await run(clients))
        } catch {
            result = .failure(error)
        }
        for client in clients { await client.close(grace: .milliseconds(100)) }
        return try result.get()
    }

    private func run(_ clients: [CutoverClient]) async throws -> Outcome {
        for client in clients { _ = try await client.checkHealth() }
        let prepared = PreparedTasks(run: name, clients: clients, databases: plan.databases)
        let needs = plan.needs
        let hasTasks = needs.steady + needs.fresh > 0 || plan.operations.contains(WatchWorkload.deliveries)
        let measured: Result<LoadReport, any Error>
        do {
            measured = .success(try await measure(clients, prepared, needs))
        } catch {
            measured = .failure(error)
        }
        var cleaning: Result<TaskCleaning.Outcome, CutoverError>?
        if hasTasks, let client = clients.first {
            progress(.cleaning(done: 0))
            do throws(CutoverError) {
                let outcome = try await TaskCleaning(client: client, run: name).clean { progress(.cleaning(done: $0)) }
                cleaning = .success(outcome)
            } catch {
                cleaning = .failure(error)
            }
        }
        return Outcome(report: try measured.get(), cleaning: cleaning)
    }

    private func measure(
        _ clients: [CutoverClient], _ prepared: PreparedTasks, _ needs: TaskNeeds
    ) async throws -> LoadReport {
        let total = needs.steady + needs.fresh
        let making = Task {
            try await prepared.make(total) { progress(.preparing(done: $0, total: total)) }
        }
        control.whenInterrupted { making.cancel() }
        let ids = try await making.value
        try await whenPrepared()

        let workloads = plan.workloads(
            steady: Array(ids.prefix(needs.steady)), fresh: FreshTasks(Array(ids.dropFirst(needs.steady))),
            labels: prepared.labels)
        for workload in workloads { try await workload.begin(clients) }
        let begin = start(workloads, clients)
        let collecting = Task { await begin.collector.run(told: progress) }
        let driving = Task { await begin.driver.drive(fromNs: begin.startNs) }
        control.whenInterrupted {
            Task {
                try? await Task.sleep(for: Self.interruptGrace)
                driving.cancel()
            }
        }
        await driving.value
        let endedNs = MonotonicClock.nowNs
        progress(.finishing)
        for workload in workloads { await workload.end() }
        collecting.cancel()
        await collecting.value
        begin.collector.collect()
        return report(begin, endedNs: endedNs, tasks: total)
    }

    /// What a run is made of once its tasks are there.
    private struct Begun {
        var startNs: UInt64
        var startedAtMs: Int64
        var recorder: Recorder
        var driver: LoadDriver
        var collector: Collector
    }

    /// Time for the workers to be there before the first call is due.
    private static let headStartNs: UInt64 = 10_000_000

    private func start(_ workloads: [any Workload], _ clients: [CutoverClient]) -> Begun {
        let startNs = MonotonicClock.nowNs + Self.headStartNs
        let startedAtMs = nowMs() + Int64((Self.headStartNs + plan.times.rampNs + plan.times.warmUpNs) / 1_000_000)
        let window = plan.times.window(fromNs: startNs)
        let recorder = Recorder(window: window, operations: plan.operations.count, lanes: plan.lanes)
        if let deliveries = plan.operations.firstIndex(of: WatchWorkload.deliveries) {
            for workload in workloads { workload.attach(recorder, operation: deliveries) }
        }
        let driver = LoadDriver(
            plan: plan, clients: clients, workloads: workloads, recorder: recorder, control: control)
        let collector = Collector(recorder: recorder, plan: plan, startNs: startNs) {
            driver.inFlight.load(ordering: .relaxed)
        }
        return Begun(
            startNs: startNs, startedAtMs: startedAtMs, recorder: recorder, driver: driver, collector: collector)
    }

    private func report(_ begun: Begun, endedNs: UInt64, tasks: Int) -> LoadReport {
        let (total, intervals) = begun.collector.result
        let window = begun.recorder.window
        let early = control.early
        let endNs = early == nil ? window.endNs : min(window.endNs, max(window.startNs, endedNs))
        var notes: [String] = []
        if early == .interrupted { notes.append("The run was interrupted; what is shown was measured until then.") }
        if early == .tasksUsedUp {
            notes.append("All prepared tasks were stopped before the time was over; --tasks says how many to prepare.")
        }
        return LoadReport(
            version: LoadCommand.version, title: plan.mixTitle, server: plan.address, startedAtMs: begun.startedAtMs,
            end: early ?? .finished, processes: 1, terms: plan.terms(tasks: tasks),
            windowNs: endNs - min(endNs, window.startNs),
            operations: zip(plan.operations, total.tallies).map { LoadReport.Operation(name: $0, tally: $1) },
            startDelay: plan.loop.isOpen ? total.startDelay.counts : nil,
            heldBack: begun.driver.heldBack.load(ordering: .relaxed), intervals: intervals, notes: notes)
    }
}
