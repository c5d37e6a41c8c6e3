import CutoverModel
import CutoverTasks
import Testing

@Suite struct StopMachineTests {
    /// What each mode takes at each status: the mode, or the reason of the refusal.
    static let modes = """
        status                       | auto          | graceful      | forced
        CREATING                     | GRACEFUL      | GRACEFUL      | FORCED
        CREATE_FAILED                | CREATE_FAILED | CREATE_FAILED | CREATE_FAILED
        CONFIGURATION                | GRACEFUL      | GRACEFUL      | FORCED
        PENDING_START                | GRACEFUL      | GRACEFUL      | FORCED
        STARTING                     | GRACEFUL      | GRACEFUL      | FORCED
        START_FAILED                 | FORCED        | TASK_ABNORMAL | FORCED
        FULL_MIGRATION               | GRACEFUL      | GRACEFUL      | FORCED
        FULL_MIGRATION_FAILED        | FORCED        | TASK_ABNORMAL | FORCED
        INCREMENTAL_MIGRATION        | GRACEFUL      | GRACEFUL      | FORCED
        INCREMENTAL_MIGRATION_FAILED | FORCED        | TASK_ABNORMAL | FORCED
        PAUSED                       | GRACEFUL      | GRACEFUL      | FORCED
        FAULT_RECTIFICATION          | FORCED        | TASK_ABNORMAL | FORCED
        STOPPED                      | already       | already       | already
        COMPLETED                    | already       | already       | already
        """

    @Test(arguments: modes.split(separator: "\n").dropFirst().map(String.init))
    func modeTaken(_ line: String) throws {
        let fields = line.split(separator: "|").map(\.trimmingSpaces)
        let status = try #require(TaskStatus.allKnown.first { $0.name == fields[0] })
        for (mode, expected) in zip([StopMode.auto, .graceful, .forced], fields.dropFirst()) {
            let order = StopOrder(stopID: "s1", reason: "power cut", mode: mode)
            let answer: String
            do {
                switch try StopMachine.decide(order, for: .at(status), nowMs: 7) {
                case .accepted(let transition):
                    let stop = try #require(transition.state.stop)
                    #expect(stop.modeAsked == mode && stop.statusBefore == status && stop.acceptedAtMs == 7)
                    #expect(transition.state.record.stopId == "s1" && !stop.modeReason.isEmpty)
                    answer = stop.modeTaken.name
                case .inProgress: answer = "in progress"
                case .alreadyEnded: answer = "already"
                }
            } catch let error as Refusal {
                answer = error.reason.rawValue
            }
            #expect(answer == expected, "\(mode)")
        }
    }

    @Test func autoForcesATaskWhoseEndIsUnreachable() throws {
        let order = StopOrder(stopID: "s", mode: .auto, abnormality: "the source is unreachable")
        let stop = try #require(try TaskState.at(.incrementalMigration).accepting(order).stop)
        #expect(stop.modeTaken == .forced && stop.modeAsked == .auto && stop.phase == .releasing)
        #expect(stop.modeReason == "the source is unreachable")
    }

    @Test func unspecifiedIsAuto() throws {
        let stop = try #require(
            try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s", mode: .unspecified)).stop)
        #expect(stop.modeAsked == .auto && stop.modeTaken == .graceful)
    }

    @Test(arguments: ["", " ", "\t\n"]) func forcedNeedsAReason(_ reason: String) {
        #expect(throws: Refusal.self) {
            try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s", reason: reason, mode: .forced))
        }
    }

    @Test(arguments: [TaskStatus.creating, .configuration, .pendingStart])
    func aTaskThatTouchedNothingStopsInOneWrite(_ status: TaskStatus) throws {
        var state = TaskState.at(status)
        state.record.configurationRunning = status == .configuration
        guard
            case .accepted(let transition) = try StopMachine.decide(StopOrder(stopID: "s"), for: state, nowMs: 9)
        else { throw FixtureError.notAccepted }
        let stop = try #require(transition.state.stop)
        #expect(transition.state.record.status == .stopped && transition.seals == .stopped)
        #expect(!transition.state.record.configurationRunning)
        #expect(stop.phases.map(\.phase) == [.accepted, .stopped] && stop.phases.allSatisfy { $0.endedAtMs == 9 })
        #expect(stop.endedAtMs == 9 && !stop.drained && stop.fenceEpoch == 0)
    }

    @Test func anIncompleteCopyIsReleasedWithoutDrain() throws {
        let state = try TaskState.at(.fullMigration).accepting(StopOrder(stopID: "s"))
        #expect(
            state.record.status == .stopping && state.stop?.phase == .releasing && state.stop?.copyComplete == false)
        let tables = [TableOutcome(database: "shop", table: "orders", complete: true, rows: 4)]
        let ended = try state.stepping(.released(StopRelease(fenceEpoch: 4, tables: tables), nil))
        #expect(ended.record.status == .stopped && ended.stop?.tables == tables && ended.stop?.drained == false)
    }

    @Test func aSecondStopIsToldOfTheFirst() throws {
        let state = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s1"))
        for mode in [StopMode.auto, .graceful] {
            #expect(try StopMachine.decide(StopOrder(stopID: "s2", mode: mode), for: state, nowMs: 2) == .inProgress)
        }
        let dark = StopOrder(stopID: "s2", mode: .auto, abnormality: "the source is unreachable")
        #expect(try StopMachine.decide(dark, for: state, nowMs: 2) == .inProgress)
    }

    @Test func aForcedStopEscalates() throws {
        let state = try TaskState.at(.incrementalMigration)
            .accepting(StopOrder(stopID: "s1", actor: "ann", reason: "move"))
            .stepping(.drainBegan(requestedPosition: "0-1-9", objectsKnownAtMs: 1), .blocked("slow", attempts: 4))
        let order = StopOrder(stopID: "s2", actor: "bob", reason: "fire", mode: .forced)
        let escalated = try state.accepting(order, nowMs: 300)
        let stop = try #require(escalated.stop)
        #expect(stop.id == "s1" && escalated.record.stopId == "s1", "the first stop wins")
        #expect(stop.escalated && stop.modeTaken == .forced && stop.phase == .releasing)
        #expect(stop.actor == "bob" && stop.reason == "fire" && stop.attempts == 0 && stop.blocker.isEmpty)
        #expect(stop.phases.map(\.phase) == [.accepted, .draining, .releasing])
        #expect(try StopMachine.decide(order, for: escalated, nowMs: 301) == .inProgress, "once is enough")
        // The graceful job's report comes too late.
        let late = StopMachine.apply(
            .drainEnded(.at(applied: "0-1-9"), reached: ""), stopID: "s1", mode: .graceful, to: escalated, nowMs: 302)
        #expect(late == nil)
    }

    @Test func aForcedCompletionIsAStop() throws {
        var record = TaskState.at(.fullMigration).record
        record.kind = .fullOnly
        let completing = try #require(
            TaskMachine.apply(.copyEnded, epoch: 3, to: TaskState(record: record), policy: RepairPolicy(), nowMs: 1))
        #expect(completing.state.record.status == .stopping && completing.state.stop?.completes == true)
        let ended = try completing.state
            .accepting(StopOrder(stopID: "s", reason: "late", mode: .forced))
            .stepping(.released(StopRelease(fenceEpoch: 5), nil))
        #expect(ended.record.status == .stopped)
    }

    @Test func aFullOnlyTaskCompletesThroughTheSamePhases() throws {
        var record = TaskState.at(.fullMigration).record
        record.kind = .fullOnly
        let completing = try #require(
            TaskMachine.apply(.copyEnded, epoch: 3, to: TaskState(record: record), policy: RepairPolicy(), nowMs: 1))
        let ended = try completing.state.stepping(
            .drainBegan(requestedPosition: "0-1-5", objectsKnownAtMs: 1),
            .drainEnded(.at(applied: "0-1-5"), reached: ""),
            .triggersMoved([]), .eventsMoved([]), .released(StopRelease(fenceEpoch: 5), nil))
        #expect(ended.record.status == .completed && ended.stop?.drained == true && ended.stop?.phase == .stopped)
    }

    @Test func aFailedStopIsRetriedWhereItFailed() throws {
        let failed = try TaskState.at(.incrementalMigration)
            .accepting(StopOrder(stopID: "s1", requireAllObjects: true, drainDeadlineMs: 5_000))
            .stepping(
                .drainBegan(requestedPosition: "0-1-9", objectsKnownAtMs: 1),
                .failed(TaskFailure(code: "TIMED_OUT")))
        #expect(failed.record.status == .stopFailed && failed.stop?.failure?.code == "TIMED_OUT")
        let retried = try failed.accepting(StopOrder(stopID: "s2", drainDeadlineMs: 9_000), nowMs: 500)
        let stop = try #require(retried.stop)
        #expect(retried.record.status == .stopping && stop.id == "s1" && stop.phase == .draining && stop.failure == nil)
        #expect(stop.phases.last?.startedAtMs == 500, "the deadline counts anew from here")
        #expect(stop.drainDeadlineMs == 9_000 && !stop.requireAllObjects, "the retry's own terms hold")
        #expect(stop.requestedPosition == "0-1-9")
        #expect(try failed.accepting(StopOrder(stopID: "s2")).stop?.drainDeadlineMs == 5_000)
    }

    @Test func aFailedStopIsForced() throws {
        let failed = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s1", reason: "move"))
            .stepping(.failed(TaskFailure(code: "X")))
        let forced = try failed.accepting(StopOrder(stopID: "s2", reason: "now", mode: .forced))
        #expect(forced.stop?.escalated == true && forced.stop?.phase == .releasing)
        let dark = StopOrder(stopID: "s2", mode: .auto, abnormality: "the source is unreachable")
        let escalated = try #require(try failed.accepting(dark).stop)
        #expect(escalated.modeTaken == .forced && escalated.modeReason == "the source is unreachable")
        #expect(escalated.reason == "move", "a reason once given is kept")
        #expect(try failed.accepting(StopOrder(stopID: "s2")).stop?.modeTaken == .graceful)
    }
}
