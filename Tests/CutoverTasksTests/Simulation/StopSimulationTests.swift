import CutoverModel
import CutoverTasks
import Testing

/// Thousands of schedules keep every promise, and for every promise a planted bug is found.
@Suite struct StopSimulationTests {
    static let schedules: UInt64 = 2_000

    /// The schedules of seeds from `first` on, until one breaks a promise.
    func firstBreach(
        _ core: SimulatedCore, from first: UInt64, schedules: UInt64 = schedules, of promise: StopHistory.Promise? = nil
    ) async throws -> (seed: UInt64, what: String)? {
        for seed in first..<(first + schedules) {
            var simulation = StopSimulation(seed: seed, core: core)
            let history = try await simulation.run()
            let broken = history.broken.first { promise == nil || $0.promise == promise }
            if let broken { return (seed, "\(broken.promise): \(broken.what)") }
        }
        return nil
    }

    @Test func everyPromiseHoldsInEverySchedule() async throws {
        let breach = try await firstBreach(SimulatedCore(), from: 1)
        #expect(breach == nil, "seed \(breach?.seed ?? 0)")
    }

    @Test func everyPromiseHoldsInNewSchedules() async throws {
        let first = UInt64.random(in: 1 << 32...1 << 62)
        print("simulation seeds from \(first)")
        let breach = try await firstBreach(SimulatedCore(), from: first, schedules: 300)
        #expect(breach == nil, "seed \(breach?.seed ?? 0)")
    }

    /// Schedules that never got anywhere would prove nothing.
    @Test func schedulesReachWhatTheyAreAbout() async throws {
        var seen: Set<String> = []
        var ended = 0
        for seed in UInt64(1)...200 {
            var simulation = StopSimulation(seed: seed)
            ended += try await simulation.run().ended
            for event in try await simulation.store.events(after: 0, limit: 10_000) { seen.insert(event.action) }
            for task in StopSimulation.tasks {
                guard let state = try await simulation.store.state(of: task) else { continue }
                seen.insert(state.record.status.name)
                if state.stop?.drained == true { seen.insert("drained") }
                if state.stop?.escalated == true { seen.insert("escalated") }
            }
        }
        #expect(ended > 100)
        for wanted in [
            "stop.accepted", "stop.escalated", "stop.retried", "stop.failed", "stop.draining",
            "stop.migrating_triggers",
            "stop.migrating_events", "stop.releasing", "stop.blocked", "stopped", "completed", "fault", "repaired",
            "failed", "pause", "resume", "STOPPED", "COMPLETED", "drained", "escalated",
        ] { #expect(seen.contains(wanted), "\(wanted)") }
    }

    @Test func theSameSeedGivesTheSameRun() async throws {
        var first = StopSimulation(seed: 7)
        var second = StopSimulation(seed: 7)
        _ = try await first.run()
        _ = try await second.run()
        #expect(try await first.store.events(after: 0, limit: 10_000) == second.store.events(after: 0, limit: 10_000))
    }

    // MARK: - Canaries

    func expectFound(_ promise: StopHistory.Promise, _ core: SimulatedCore) async throws {
        let breach = try await firstBreach(core, from: 1, schedules: 300, of: promise)
        #expect(breach != nil, "a planted bug against \(promise) was not found")
    }

    @Test func findsAnAcceptedStopThatAResumeUndoes() async throws {
        var core = SimulatedCore()
        core.order = { order, state, nowMs in
            guard order == .resume, state.record.status == .stopping else {
                return try TaskMachine.apply(order, to: state, nowMs: nowMs)
            }
            var state = state
            state.record.status = .incrementalMigration
            return TaskTransition(state: state, action: "resume")
        }
        try await expectFound(.acceptedIsNeverLost, core)
    }

    @Test func findsWritesThatDoNotCompare() async throws {
        var core = SimulatedCore()
        core.expectedRevision = { _ in 0 }
        try await expectFound(.acceptedIsNeverLost, core)
    }

    @Test func findsAStopThatARestartForgets() async throws {
        var core = SimulatedCore()
        core.work = { $0.status == .stopping ? .none : TaskWork(for: $0) }
        try await expectFound(.everyStopEnds, core)
    }

    @Test func findsTwoStopsThatBothWin() async throws {
        var core = SimulatedCore()
        core.decide = { order, state, nowMs in
            guard state.record.status == .stopping else {
                return try StopMachine.decide(order, for: state, nowMs: nowMs)
            }
            var fresh = state
            fresh.stop = nil
            return try StopMachine.decide(order, for: fresh, nowMs: nowMs)
        }
        try await expectFound(.oneStopWins, core)
    }

    @Test func findsAStoppedTaskThatAWorkerRevives() async throws {
        var core = SimulatedCore()
        let right = core.report
        core.report = { report, epoch, state, nowMs in
            guard state.record.status == .stopped, report == .copyEnded else {
                return right(report, epoch, state, nowMs)
            }
            var state = state
            state.record.status = .incrementalMigration
            return TaskTransition(state: state, action: "copied")
        }
        try await expectFound(.stoppedIsFinal, core)
    }

    @Test func findsADrainThatIsClaimedShort() async throws {
        var core = SimulatedCore()
        let right = core.step
        core.step = { step, stop, state, nowMs in
            guard case .drainEnded = step, stop.phase == .draining else { return right(step, stop, state, nowMs) }
            var state = state
            state.stop?.drained = true
            return TaskTransition(state: state, action: "stop.drained")
        }
        try await expectFound(.drainedIsTrue, core)
    }

    @Test func findsAnEpochThatGoesBack() async throws {
        var core = SimulatedCore()
        let right = core.report
        core.report = { report, epoch, state, nowMs in
            var transition = right(report, epoch, state, nowMs)
            if report == .workerStarting, state.record.epoch > 1 { transition?.state.record.epoch = 1 }
            return transition
        }
        try await expectFound(.epochNeverGoesBack, core)
    }

    @Test func findsRequestsThatAreForgotten() async throws {
        var core = SimulatedCore()
        core.remembersRequests = false
        core.decide = { order, state, nowMs in
            guard state.record.status == .stopping else {
                return try StopMachine.decide(order, for: state, nowMs: nowMs)
            }
            var transition = TaskTransition(state: state, action: "again")
            transition.state.stop?.id = order.stopID
            return .accepted(transition)
        }
        try await expectFound(.requestsRepeat, core)
    }
}
