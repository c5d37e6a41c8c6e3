import CutoverModel
import CutoverTasks
import Testing

/// Withdrawal, what comes after it, the residue of a forced stop, and the bound on what a stop keeps.
@Suite struct StopEndingTests {
    func cancel(_ state: TaskState, stopID: String = "") throws -> TaskState {
        guard
            case .withdrawn(let transition) = try StopMachine.cancel(
                state, stopID: stopID, actor: "ann", reason: "not now", nowMs: 700)
        else { throw FixtureError.notAccepted }
        #expect(transition.seals == .withdrawn && transition.action == "stop.withdrawn")
        return transition.state
    }

    static let began = StopStep.drainBegan(requestedPosition: "0-1-9", objectsKnownAtMs: 1)

    // MARK: - Withdrawal

    @Test(arguments: [TaskStatus.incrementalMigration, .paused]) func aWithdrawnTaskIsWhereItWas(
        _ status: TaskStatus
    ) throws {
        var before = TaskState.at(status)
        before.record.previousStatus = .incrementalMigration
        before.record.repairAttempts = 1
        before.record.abnormalSinceMs = 40
        let stopping = try before.accepting(StopOrder(stopID: "s1"))
        for state in [
            stopping, try stopping.stepping(Self.began),
            try stopping.stepping(Self.began, .failed(TaskFailure(code: "TIMED_OUT"))),
        ] {
            let after = try cancel(state)
            var expected = before.record
            expected.stopId = "s1"
            expected.updatedAtMs = 700
            #expect(after.record == expected)
            #expect(after.stop?.phase == .withdrawn && after.stop?.endedAtMs == 700)
            #expect(after.stop?.failure == state.stop?.failure, "what had come in the way is told")
        }
    }

    @Test func anUnfeasibleStopIsWithdrawnBeforeThePointOfNoReturnOnly() throws {
        let failure = TaskFailure(code: "PRIVILEGE_MISSING", message: "TRIGGER is missing")
        let draining = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s1")).stepping(Self.began)
        let withdrawn = try draining.stepping(.unfeasible(failure))
        #expect(withdrawn.record.status == .incrementalMigration && withdrawn.stop?.failure == failure)
        let moving = try draining.stepping(.drainEnded(.at(applied: "0-1-9"), reached: ""))
        #expect(
            StopMachine.apply(.unfeasible(failure), stopID: "s1", mode: .graceful, to: moving, nowMs: 1) == nil)
    }

    @Test func nothingOfAWithdrawnStopComesBack() throws {
        let stopping = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s1")).stepping(Self.began)
        let withdrawn = try cancel(stopping)
        let again = try withdrawn.accepting(StopOrder(stopID: "s2", requestID: "r2")).stepping(Self.began)
        #expect(again.stop?.id == "s2" && again.record.stopId == "s2" && again.stop?.requestId == "r2")
        let steps: [StopStep] = [
            Self.began, .drainEnded(.at(applied: "0-1-9"), reached: ""), .deadlinePassed(nil, blocker: ""),
            .unfeasible(TaskFailure()), .triggersMoved([]), .eventsMoved([]),
            .released(StopRelease(fenceEpoch: 9), nil), .blocked("x", attempts: 1), .failed(TaskFailure()),
        ]
        for state in [withdrawn, again] {
            for step in steps {
                #expect(StopMachine.apply(step, stopID: "s1", mode: .graceful, to: state, nowMs: 1) == nil, "\(step)")
            }
        }
    }

    @Test func aCancelMeansTheStopThatItNames() throws {
        let withdrawn = try cancel(TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s1")), stopID: "s1")
        #expect(
            try StopMachine.cancel(withdrawn, stopID: "s1", actor: "", reason: "", nowMs: 1) == .alreadyWithdrawn)
        let again = try withdrawn.accepting(StopOrder(stopID: "s2"))
        let refusal = #expect(throws: Refusal.self) {
            try StopMachine.cancel(again, stopID: "s1", actor: "", reason: "", nowMs: 1)
        }
        #expect(refusal?.reason == .notStopping)
        #expect(try cancel(again, stopID: "s2").stop?.id == "s2")
    }

    @Test func anAnswerThatChangesNothingIsStillWritten() throws {
        let state = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s1"))
        let transition = StopMachine.acknowledge(state)
        #expect(transition.state == state && transition.seals == nil)
    }

    // MARK: - Residue

    static func object(_ name: String, _ result: ObjectResult) -> ObjectOutcome {
        ObjectOutcome(kind: .event, database: "shop", name: name, result: result)
    }

    func forced() throws -> TaskState {
        let left = ObjectInventory(atMs: 1, objects: ["a", "b", "c"].map { Self.object($0, .leftBehind) })
        return try TaskState.at(.incrementalMigration)
            .accepting(StopOrder(stopID: "s1", reason: "fire", mode: .forced))
            .stepping(.released(StopRelease(fenceEpoch: 5, residue: left), nil))
    }

    @Test func residueIsFinishedInAsManyRoundsAsItTakes() throws {
        var state = try forced()
        #expect(state.stop?.openResidue.map(\.name) == ["a", "b", "c"])
        let rounds: [(outcomes: [ObjectOutcome], open: [String])] = [
            ([Self.object("a", .created), Self.object("b", .failed), Self.object("x", .created)], ["b", "c"]),
            ([Self.object("b", .failed), Self.object("a", .failed)], ["b", "c"]),
            ([Self.object("b", .present), Self.object("c", .skipped)], []),
        ]
        for (outcomes, open) in rounds {
            let transition = try StopMachine.finishResidue(
                outcomes, of: state, actor: "bob", reason: "later", nowMs: 900)
            #expect(transition.seals == .residueFinished && transition.state.record.status == .stopped)
            state = transition.state
            #expect(state.stop?.openResidue.map(\.name) == open)
        }
        let stop = try #require(state.stop)
        #expect(
            stop.residue
                == ["a", "b", "c"].map { Self.object($0, $0 == "a" ? .created : $0 == "b" ? .present : .skipped) })
        #expect(stop.residueActor == "bob" && stop.residueFinishedAtMs == 900 && stop.phase == .stopped)
        #expect(stop.objects.allSatisfy { $0.result == .leftBehind }, "what the stop did is not rewritten")
        let refusal = #expect(throws: Refusal.self) {
            try StopMachine.finishResidue([], of: state, actor: "", reason: "", nowMs: 1)
        }
        #expect(refusal?.reason == .noResidue)
    }

    // MARK: - Bounds

    @Test func aStopRetriedWithoutEndKeepsABoundedRecord() throws {
        var state = try TaskState.at(.incrementalMigration).accepting(StopOrder(stopID: "s1"), nowMs: 1)
        var nowMs: Int64 = 1
        let targets = [DrainTarget(point: .applied), DrainTarget(point: .current)]
        for round in 0..<200 {
            nowMs += 10
            if state.stop?.phase == .accepted { state = try state.stepping(Self.began, nowMs: nowMs) }
            state = try state.stepping(.failed(TaskFailure(code: "TIMED_OUT")), nowMs: nowMs + 1)
            let target = round % 3 == 0 ? targets[round % 2] : nil
            state = try state.accepting(StopOrder(stopID: "s2", drainTo: target), nowMs: nowMs + 2)
            let phases = try #require(state.stop?.phases)
            #expect(phases.count <= Stop.maxPhaseRecords)
            #expect(zip(phases, phases.dropFirst()).allSatisfy { $0.endedAtMs == $1.startedAtMs }, "no gap: \(phases)")
            #expect(phases.first?.startedAtMs == 1 && phases.last?.endedAtMs == 0)
        }
        if state.stop?.phase == .accepted { state = try state.stepping(Self.began) }
        let ended = try state.stepping(
            .drainEnded(.at(applied: "0-1-9"), reached: ""), .triggersMoved([]), .eventsMoved([]),
            .released(StopRelease(fenceEpoch: 5), nil))
        #expect(ended.record.status == .stopped && ended.stop?.drained == true)
    }
}
