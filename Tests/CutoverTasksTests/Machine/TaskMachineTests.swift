import CutoverModel
import CutoverTasks
import Testing

@Suite struct TaskMachineTests {
    let policy = RepairPolicy(maxAttempts: 2, firstDelayMs: 100, maxDelayMs: 1_000)
    let fault = TaskFailure(code: "SOURCE_UNREACHABLE", retriable: true)

    func report(_ report: WorkerReport, _ state: TaskState, epoch: UInt64? = nil, nowMs: Int64 = 1_000) -> TaskState? {
        TaskMachine.apply(report, epoch: epoch ?? state.record.epoch, to: state, policy: policy, nowMs: nowMs)?.state
    }

    @Test func theStraightWay() throws {
        var state = TaskMachine.create(id: "t", name: "n", labels: [], nowMs: 1).state
        #expect(state.record.status == .creating && TaskWork(for: state.record) == .create)
        state = try #require(report(.created, state))
        state = try TaskMachine.apply(.configure(kind: .fullAndIncremental, startAtMs: 0), to: state, nowMs: 2).state
        #expect(TaskWork(for: state.record) == .preCheck)
        state = try #require(report(.preCheckEnded(failed: false), state))
        #expect(state.record.status == .pendingStart && TaskWork(for: state.record) == .none)
        state = try TaskMachine.apply(.start, to: state, nowMs: 3).state
        #expect(!state.record.destinationTouched && TaskWork(for: state.record) == .replicate)
        state = try #require(report(.workerStarting, state))
        #expect(state.record.destinationTouched && state.record.epoch == 1, "touched before anything is opened")
        state = try #require(report(.claimed(.empty), state))
        #expect(state.record.status == .fullMigration)
        state = try #require(report(.copyEnded, state))
        #expect(state.record.status == .incrementalMigration && state.record.copyDone)
        state = try TaskMachine.apply(.pause, to: state, nowMs: 4).state
        #expect(state.record.status == .paused && state.record.previousStatus == .incrementalMigration)
        #expect(TaskWork(for: state.record) == .none)
        state = try TaskMachine.apply(.resume, to: state, nowMs: 5).state
        #expect(state.record.status == .incrementalMigration)
    }

    @Test func aFailedPreCheckIsCorrected() throws {
        var state = TaskState.at(.configuration)
        state.record.configurationRunning = true
        state = try #require(report(.preCheckEnded(failed: true), state))
        #expect(state.record.status == .configuration && state.record.configurationFailed)
        state = try TaskMachine.apply(.configure(kind: .fullOnly, startAtMs: 50), to: state, nowMs: 2).state
        #expect(!state.record.configurationFailed && state.record.configurationRunning)
        state = try #require(report(.preCheckEnded(failed: false), state))
        #expect(TaskWork(for: state.record) == .waitForStart(atMs: 50))
    }

    @Test func reportsOfAnotherEpochAreStale() {
        let reports: [WorkerReport] = [
            .workerStarting, .claimed(.following(position: "")), .copyEnded, .healthy, .workerFailed(fault), .created,
            .preCheckEnded(failed: false),
        ]
        for status in TaskStatus.allKnown {
            for report in reports {
                for epoch: UInt64 in [2, 4] where TaskState.at(status).record.epoch != epoch {
                    #expect(self.report(report, .at(status), epoch: epoch) == nil, "\(status) \(report)")
                }
            }
        }
    }

    @Test func nothingAWorkerSaysRevivesAnEndedTask() {
        let reports: [WorkerReport] = [
            .created, .createFailed(fault), .preCheckEnded(failed: false), .workerStarting, .claimed(.empty),
            .claimed(.following(position: "0-1-1")), .copyEnded, .healthy, .workerFailed(fault),
        ]
        for status in [TaskStatus.stopped, .completed, .stopFailed, .createFailed] {
            for report in reports { #expect(self.report(report, .at(status)) == nil, "\(status) \(report)") }
        }
    }

    /// Nobody saw the end of the worker before: until one has owned the destination, no failure proves that nobody writes.
    @Test func aWorkerWhoseEndNobodySawIsRememberedUntilTheNextClaim() throws {
        var state = try #require(report(.workerTakingOver, .at(.incrementalMigration)))
        #expect(state.record.strayWorker && state.record.epoch == TaskState.at(.incrementalMigration).record.epoch + 1)
        for report in [WorkerReport.workerFailed(fault), .workerStarting, .workerFailed(fault)] {
            state = try #require(self.report(report, state))
            #expect(state.record.strayWorker, "\(report)")
        }
        #expect(state.record.status == .faultRectification)
        state = try #require(report(.workerStarting, state))
        let claimed = try #require(report(.claimed(.following(position: "0-1-1")), state))
        #expect(!claimed.record.strayWorker)
        #expect(report(.workerTakingOver, .at(.paused)) == nil)
        let lost = try #require(report(.claimed(.empty), state))
        #expect(!lost.record.strayWorker, "it owned the destination, whatever it found there")
    }

    @Test func lostWorkIsRepairedWithGrowingWaitsThenFails() throws {
        var state = TaskState.at(.incrementalMigration)
        for (attempt, due) in [(UInt32(0), Int64(1_100)), (1, 1_200)] {
            state = try #require(report(.workerFailed(fault), state))
            #expect(state.record.status == .faultRectification && state.record.repairAttempts == attempt)
            #expect(state.record.repairDueAtMs == due && !state.record.repairRunning)
            #expect(state.record.previousStatus == .incrementalMigration)
            state = try #require(report(.workerStarting, state))
            #expect(state.record.repairRunning && state.record.repairAttempts == attempt + 1)
        }
        state = try #require(report(.workerFailed(fault), state))
        #expect(state.record.status == .incrementalMigrationFailed && state.record.failure == fault)
        #expect(TaskWork(for: state.record) == .none)
        state = try TaskMachine.apply(.resume, to: state, nowMs: 2_000).state
        #expect(state.record.status == .incrementalMigration && state.record.repairAttempts == 0)
    }

    @Test func aRepairedTaskForgetsItsAttemptsOnceHealthy() throws {
        var state = try #require(report(.workerFailed(fault), .at(.incrementalMigration)))
        state = try #require(report(.workerStarting, state))
        state = try #require(report(.claimed(.following(position: "0-1-1")), state))
        #expect(state.record.status == .incrementalMigration && !state.record.repairRunning)
        #expect(state.record.repairAttempts == 1, "not yet: it may fail again at once")
        state = try #require(report(.healthy, state))
        #expect(state.record.repairAttempts == 0 && state.record.failure == nil)
        #expect(report(.healthy, state) == nil)
    }

    @Test(arguments: [
        (TaskStatus.starting, TaskStatus.startFailed), (.fullMigration, .fullMigrationFailed),
        (.incrementalMigration, .incrementalMigrationFailed),
    ])
    func whatCannotBeRepairedFailsAtOnce(_ status: TaskStatus, _ failed: TaskStatus) throws {
        let lost = TaskFailure(code: "POSITION_LOST", retriable: false)
        #expect(report(.workerFailed(lost), .at(status))?.record.status == failed)
    }

    @Test func aLostCheckpointNeverCopiesOverALiveDestination() {
        for checkpoint in [ReplicationCheckpoint.empty, .copying] {
            let state = report(.claimed(checkpoint), .at(.incrementalMigration))
            #expect(state?.record.status == .incrementalMigrationFailed && state?.record.failure?.code == "DIVERGENCE")
        }
    }

    @Test func pausedBetweenRepairsResumesWhereItWas() throws {
        var state = try #require(report(.workerFailed(fault), .at(.incrementalMigration)))
        state = try TaskMachine.apply(.pause, to: state, nowMs: 5).state
        #expect(state.record.previousStatus == .incrementalMigration && state.record.repairDueAtMs == 0)
        state = try TaskMachine.apply(.resume, to: state, nowMs: 6).state
        #expect(state.record.status == .incrementalMigration && state.record.failure == nil)
    }

    @Test func resumeHastensARepair() throws {
        var state = try #require(report(.workerFailed(fault), .at(.fullMigration)))
        state = try TaskMachine.apply(.resume, to: state, nowMs: 1_001).state
        #expect(state.record.status == .faultRectification && state.record.repairDueAtMs == 1_001)
    }

    @Test func delaysDoubleUpToTheirLimit() {
        let policy = RepairPolicy(maxAttempts: 1_000, firstDelayMs: 1_000, maxDelayMs: 60_000)
        #expect((0...7).map { policy.delayMs(afterAttempts: $0) } == [1, 2, 4, 8, 16, 32, 60, 60].map { $0 * 1_000 })
        #expect(policy.delayMs(afterAttempts: .max) == 60_000)
        #expect(RepairPolicy(firstDelayMs: .max, maxDelayMs: 7).delayMs(afterAttempts: 3) == 7)
    }

    @Test func aStopWorkerOwnsTheTaskToo() {
        let state = report(.workerStarting, .at(.stopping))
        #expect(state?.record.epoch == 4 && state?.record.status == .stopping)
    }
}
