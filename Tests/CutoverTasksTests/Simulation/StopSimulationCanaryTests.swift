import CutoverModel
import CutoverTasks
import Testing

/// For every promise, a planted bug is found by the simulation.
@Suite struct StopSimulationCanaryTests {
    func expectFound(_ promise: StopHistory.Promise, _ core: SimulatedCore) async throws {
        let breach = try await StopSimulationTests.firstBreach(core, from: 1, schedules: 600, of: promise)
        #expect(breach != nil, "a planted bug against \(promise) was not found")
    }

    // MARK: - Accepted is never lost

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

    @Test func findsAnEndingWithoutAReceipt() async throws {
        var core = SimulatedCore()
        core.seals = { $0.action == "stopped" ? nil : $0.seals }
        try await expectFound(.acceptedIsNeverLost, core)
    }

    @Test func findsAStopThatWaitsForARepairAndIsForgotten() async throws {
        var core = SimulatedCore()
        let right = core.report
        core.report = { report, epoch, state, nowMs in
            guard let stop = state.stop, stop.phase == .waiting else { return right(report, epoch, state, nowMs) }
            var bare = state
            bare.stop = nil
            var transition = right(report, epoch, bare, nowMs)
            if transition?.state.stop == nil { transition?.state.stop = stop }
            return transition
        }
        try await expectFound(.acceptedIsNeverLost, core)
    }

    // MARK: - One stop wins, and stays

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
            guard state.record.status == .stopped, case .preCheckEnded = report else {
                return right(report, epoch, state, nowMs)
            }
            var state = state
            state.record.status = .pendingStart
            return TaskTransition(state: state, action: "configured")
        }
        // A pre-check that was running when the stop was accepted goes on, and reports.
        core.work = { $0.status == .stopped ? .preCheck : TaskWork(for: $0) }
        try await expectFound(.stoppedIsFinal, core)
    }

    // MARK: - Drained is true

    @Test func findsADrainThatIsClaimedShort() async throws {
        var core = SimulatedCore()
        let right = core.step
        core.step = { step, stop, state, nowMs in
            var transition = right(step, stop, state, nowMs)
            if case .drainEnded = step, transition != nil { transition?.state.stop?.drained = true }
            return transition
        }
        try await expectFound(.drainedIsTrue, core)
    }

    @Test func findsAStopPastItsDeadlineThatClaimsToBeDrained() async throws {
        var core = SimulatedCore()
        let right = core.step
        core.step = { step, stop, state, nowMs in
            var transition = right(step, stop, state, nowMs)
            if transition?.action == "stop.undrained" { transition?.state.stop?.drained = true }
            return transition
        }
        try await expectFound(.drainedIsTrue, core)
    }

    /// The drain to a GTID ends where the source stands instead.
    @Test func findsADrainBeyondItsGTID() async throws {
        try await expectFound(.drainedIsTrue, coreThatDrains(.gtid, as: .current))
    }

    @Test func findsADrainBeyondItsTime() async throws {
        try await expectFound(.drainedIsTrue, coreThatDrains(.time, as: .current))
    }

    /// A core in which stops to one kind of point are carried out as to another.
    private func coreThatDrains(_ point: DrainPoint, as other: DrainPoint) -> SimulatedCore {
        var core = SimulatedCore()
        let right = core.step
        core.step = { step, stop, state, nowMs in
            guard stop.drainTo?.point == point else { return right(step, stop, state, nowMs) }
            var step = step
            if case .unfeasible = step { return nil }
            if case .drainBegan(_, let known) = step {
                step = .drainBegan(requestedPosition: "", objectsKnownAtMs: known)
            }
            if case .drainEnded(let counters, _) = step {
                step = .drainEnded(counters, reached: counters.appliedPosition)
            }
            var stop = stop
            var before = state
            stop.drainTo?.point = other
            before.stop?.drainTo?.point = other
            var transition = right(step, stop, before, nowMs)
            transition?.state.stop?.drainTo = state.stop?.drainTo
            return transition
        }
        return core
    }

    @Test func findsARetriedDrainThatForgetsItsNewTarget() async throws {
        var core = SimulatedCore()
        core.decide = { order, state, nowMs in
            let decision = try StopMachine.decide(order, for: state, nowMs: nowMs)
            guard state.record.status == .stopFailed, case .accepted(var transition) = decision,
                let old = state.stop, !old.requestedPosition.isEmpty, transition.state.stop?.phase == .accepted
            else { return decision }
            transition.state.stop?.phase = .draining
            transition.state.stop?.phases.append(PhaseRecord(phase: .draining, startedAtMs: nowMs))
            transition.state.stop?.requestedPosition = old.requestedPosition
            return .accepted(transition)
        }
        try await expectFound(.drainedIsTrue, core)
    }

    // MARK: - Nobody writes after the fence

    @Test func findsADestinationThatDoesNotCheckEpochs() async throws {
        var core = SimulatedCore()
        core.destinationIsFenced = false
        try await expectFound(.nobodyWritesAfterTheFence, core)
        try await expectFound(.stoppedIsFinal, core)
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

    // MARK: - Withdrawn runs on

    @Test func findsAWithdrawnTaskThatStaysHeld() async throws {
        var core = SimulatedCore()
        core.cancel = { stopID, state, nowMs in
            let decision = try StopMachine.cancel(state, stopID: stopID, actor: "", reason: "", nowMs: nowMs)
            guard case .withdrawn(var transition) = decision, state.stop?.phase != .waiting else { return decision }
            transition.state.record.status = .paused
            return .withdrawn(transition)
        }
        try await expectFound(.withdrawnRunsOn, core)
    }

    /// The status is right, but the repair that it left behind has no attempt due, and none will be.
    @Test func findsAWithdrawnTaskThatNobodyWorksFor() async throws {
        var core = SimulatedCore()
        core.work = { record in
            record.status == .incrementalMigration && !record.stopId.isEmpty ? .none : TaskWork(for: record)
        }
        try await expectFound(.withdrawnRunsOn, core)
    }

    @Test func findsALateStepThatBringsAWithdrawnStopBack() async throws {
        var core = SimulatedCore()
        let right = core.step
        core.step = { step, stop, state, nowMs in
            guard let present = state.stop, present.phase == .withdrawn, present.id == stop.id else {
                return right(step, stop, state, nowMs)
            }
            var before = TaskState(record: state.record, stop: stop)
            before.record.status = .stopping
            return right(step, stop, before, nowMs)
        }
        try await expectFound(.withdrawnRunsOn, core)
    }

    // MARK: - The audit log

    @Test func findsALogWhoseRecordsDoNotHangTogether() async throws {
        var core = SimulatedCore()
        core.seal.hash = { record in
            var record = record
            if record.sequence == 2 { record.previousHash = [UInt8](repeating: 0, count: 32) }
            return InMemoryAuditSeal.weak.hash(record)
        }
        try await expectFound(.auditVerifies, core)
    }

    @Test func findsAWithdrawalThatIsNotLogged() async throws {
        var core = SimulatedCore()
        core.seals = { $0.action == "stop.withdrawn" ? nil : $0.seals }
        try await expectFound(.auditVerifies, core)
    }

    @Test func findsResidueThatIsLoggedAsAStop() async throws {
        var core = SimulatedCore()
        core.seals = { $0.action == "residue.finished" ? .stopped : $0.seals }
        try await expectFound(.auditVerifies, core)
    }

    // MARK: - Requests repeat

    @Test func findsRequestsThatAreForgotten() async throws {
        var core = SimulatedCore()
        core.remembersRequests = false
        try await expectFound(.requestsRepeat, core)
    }

    /// A request that found a stop in progress, sent again after that stop was withdrawn, must not make a new one.
    @Test func findsAnswersThatAreForgotten() async throws {
        var core = SimulatedCore()
        core.remembersAnswers = false
        try await expectFound(.requestsRepeat, core)
    }

    // MARK: - Everything ends

    @Test func findsAStopThatARestartForgets() async throws {
        var core = SimulatedCore()
        core.work = { $0.status == .stopping ? .none : TaskWork(for: $0) }
        try await expectFound(.everyStopEnds, core)
    }

    @Test func findsAFailedStopThatNothingMoves() async throws {
        var core = SimulatedCore()
        core.decide = { order, state, nowMs in
            guard state.record.status != .stopFailed else { return .inProgress }
            return try StopMachine.decide(order, for: state, nowMs: nowMs)
        }
        core.cancel = { stopID, state, nowMs in
            guard state.record.status != .stopFailed else { throw Refusal(.pastNoReturn, "") }
            return try StopMachine.cancel(state, stopID: stopID, actor: "", reason: "", nowMs: nowMs)
        }
        try await expectFound(.everyStopEnds, core)
    }

    @Test func findsAStatusWithoutAWayOn() async throws {
        var core = SimulatedCore()
        let right = core.step
        core.step = { step, stop, state, nowMs in
            var transition = right(step, stop, state, nowMs)
            if case .failed = step { transition?.state.record.status = .unspecified }
            return transition
        }
        try await expectFound(.noDeadEnds, core)
    }

    @Test func findsRecordsThatGrowWithoutEnd() async throws {
        var core = SimulatedCore()
        let right = core.step
        core.step = { step, stop, state, nowMs in
            var transition = right(step, stop, state, nowMs)
            if case .blocked = step {
                for _ in 0..<10 { transition?.state.stop?.phases.append(PhaseRecord(phase: stop.phase)) }
            }
            return transition
        }
        try await expectFound(.recordsAreBounded, core)
    }
}
