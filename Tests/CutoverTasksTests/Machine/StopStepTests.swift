import CutoverModel
import CutoverTasks
import Testing

@Suite struct StopStepTests {
    static let began = StopStep.drainBegan(requestedPosition: "0-1-9", objectsKnownAtMs: 150)
    static let ended = StopStep.drainEnded(.at(applied: "0-1-9"), reached: "")
    static let failedTrigger = ObjectOutcome(
        kind: .trigger, database: "shop", name: "audit", table: "orders", result: .failed, message: "1064",
        sql: "CREATE")
    static let createdEvent = ObjectOutcome(kind: .event, database: "shop", name: "nightly", result: .created)

    func accepted(_ order: StopOrder = StopOrder(stopID: "s1")) throws -> TaskState {
        try TaskState.at(.incrementalMigration).accepting(order)
    }

    @Test func gracefulPhasesInOrder() throws {
        let state = try accepted().stepping(
            Self.began, Self.ended, .triggersMoved([]), .eventsMoved([Self.createdEvent]),
            .released(StopRelease(fenceEpoch: 5, resources: [ResourceOutcome(resource: "dump", released: true)]), nil))
        let stop = try #require(state.stop)
        #expect(
            stop.phases.map(\.phase)
                == [.accepted, .draining, .migratingTriggers, .migratingEvents, .releasing, .stopped])
        #expect(stop.phases.allSatisfy { $0.endedAtMs >= $0.startedAtMs && $0.endedAtMs > 0 })
        #expect(state.record.status == .stopped && stop.drained && stop.fenceEpoch == 5 && state.record.epoch == 5)
        #expect(stop.requestedPosition == "0-1-9" && stop.appliedPosition == "0-1-9" && stop.objectsKnownAtMs == 150)
        #expect(stop.objects == [Self.createdEvent] && stop.resources.count == 1)
    }

    /// Every step at every phase but its own changes nothing; so do steps of another stop or mode, and steps after the end.
    @Test func staleStepsAreIgnored() throws {
        let steps: [StopStep] = [
            Self.began, Self.ended, .triggersMoved([]), .eventsMoved([]), .released(StopRelease(fenceEpoch: 9), nil),
        ]
        var state = try accepted()
        for (own, step) in steps.enumerated() {
            for (index, other) in steps.enumerated() where index != own {
                #expect(
                    StopMachine.apply(other, stopID: "s1", mode: .graceful, to: state, nowMs: 1) == nil,
                    "\(other) at \(own)")
            }
            #expect(StopMachine.apply(step, stopID: "other", mode: .graceful, to: state, nowMs: 1) == nil)
            #expect(StopMachine.apply(step, stopID: "s1", mode: .forced, to: state, nowMs: 1) == nil)
            state = try state.stepping(step)
        }
        for step in steps + [.failed(TaskFailure()), .blocked("x", attempts: 1)] {
            #expect(StopMachine.apply(step, stopID: "s1", mode: .graceful, to: state, nowMs: 1) == nil)
        }
    }

    @Test(arguments: ["0-1-8", "", "1-1-9", "no position"])
    func drainedIsNotClaimedShortOfTheRequest(_ applied: String) throws {
        let state = try accepted().stepping(Self.began, .drainEnded(.at(applied: applied), reached: ""))
        #expect(state.record.status == .stopFailed && state.stop?.drained == false)
        #expect(state.stop?.failure?.code == "DRAIN_MISSED" && state.stop?.phase == .failed)
    }

    @Test(arguments: ["0-1-9", "0-7-9", "0-1-10,3-1-1"]) func drainedIsClaimedAtTheRequest(_ applied: String) throws {
        let state = try accepted().stepping(Self.began, .drainEnded(.at(applied: applied), reached: ""))
        #expect(state.stop?.drained == true && state.stop?.phase == .migratingTriggers)
    }

    @Test func aSourceWithoutTransactionsIsDrainedAtOnce() throws {
        let state = try accepted().stepping(
            .drainBegan(requestedPosition: "", objectsKnownAtMs: 1), .drainEnded(.at(applied: ""), reached: ""))
        #expect(state.stop?.drained == true && state.stop?.phase == .migratingTriggers)
    }

    @Test func aForcedStopWithoutARequestNeverClaimsToBeDrained() throws {
        let state = try accepted(StopOrder(stopID: "s1", reason: "fire", mode: .forced))
            .stepping(.released(StopRelease(fenceEpoch: 5), .at(applied: "0-1-1000000")))
        #expect(state.stop?.drained == false && state.stop?.appliedPosition == "0-1-1000000")
    }

    @Test func countersSavedBeforeACrashTakeNothingBack() throws {
        let state = try accepted().stepping(
            Self.began, .drainEnded(.at(applied: "0-1-9", received: "0-1-12", rows: 40), reached: ""),
            .triggersMoved([]),
            .eventsMoved([]), .released(StopRelease(fenceEpoch: 5), .at(applied: "0-1-4", rows: 10)))
        let stop = try #require(state.stop)
        #expect(stop.drained && stop.appliedPosition == "0-1-9" && stop.receivedPosition == "0-1-12")
        #expect(stop.rowsApplied == 40)
    }

    @Test func oneFailedObjectFailsTheStopOnlyIfAllAreRequired() throws {
        let event = ObjectOutcome(kind: .event, database: "shop", name: "nightly", result: .failed)
        for required in [false, true] {
            let drained = try accepted(StopOrder(stopID: "s1", requireAllObjects: required))
                .stepping(Self.began, Self.ended)
            let moved = try drained.stepping(.triggersMoved([Self.failedTrigger]))
            #expect(moved.record.status == (required ? .stopFailed : .stopping))
            #expect(moved.stop?.objects == [Self.failedTrigger], "the failure is listed either way")
            let events = try drained.stepping(.triggersMoved([]), .eventsMoved([event]))
            #expect(events.record.status == (required ? .stopFailed : .stopping))
            guard required else { continue }
            let waived = try moved.accepting(StopOrder(stopID: "s2"))
                .stepping(
                    .triggersMoved([Self.failedTrigger]), .eventsMoved([]), .released(StopRelease(fenceEpoch: 5), nil))
            #expect(waived.record.status == .stopped && waived.stop?.objects == [Self.failedTrigger])
        }
    }

    @Test func movedObjectsAreReplacedWhenAPhaseIsRepeated() throws {
        var corrected = Self.failedTrigger
        corrected.result = .created
        let state = try accepted(StopOrder(stopID: "s1", requireAllObjects: true))
            .stepping(Self.began, Self.ended, .triggersMoved([Self.failedTrigger]))
            .accepting(StopOrder(stopID: "s2", requireAllObjects: true))
            .stepping(.triggersMoved([corrected]), .eventsMoved([Self.createdEvent]))
        #expect(state.stop?.objects == [corrected, Self.createdEvent])
    }

    @Test func residueListsWhatWasNotMovedAndKeepsWhatWas() throws {
        var moved = Self.failedTrigger
        moved.result = .created
        var left = moved
        left.result = .leftBehind
        var leftEvent = Self.createdEvent
        leftEvent.result = .leftBehind
        leftEvent.sql = "CREATE EVENT"
        let residue = ObjectInventory(atMs: 77, objects: [left, leftEvent])
        let forced = try accepted().stepping(Self.began, Self.ended, .triggersMoved([moved]))
            .accepting(StopOrder(stopID: "s2", reason: "fire", mode: .forced))
            .stepping(.released(StopRelease(fenceEpoch: 5, residue: residue), nil))
        #expect(forced.stop?.objects == [moved, leftEvent] && forced.stop?.objectsKnownAtMs == 77)
        #expect(forced.stop?.drained == true, "an escalation after the drain does not undo it")

        let graceful = try accepted().stepping(
            Self.began, Self.ended, .triggersMoved([moved]), .eventsMoved([]),
            .released(StopRelease(fenceEpoch: 5, residue: residue), nil))
        #expect(graceful.stop?.objects == [moved], "a graceful stop leaves no residue")
    }

    @Test func aFenceMustCoverTheLastOwner() throws {
        let graceful = try accepted().stepping(Self.began, Self.ended, .triggersMoved([]), .eventsMoved([]))
        let forced = try accepted(StopOrder(stopID: "s1", reason: "fire", mode: .forced))
        let epoch = graceful.record.epoch
        func isTaken(_ state: TaskState, fence: UInt64) -> Bool {
            guard let stop = state.stop else { return false }
            return StopMachine.apply(
                .released(StopRelease(fenceEpoch: fence), nil), stopID: stop.id, mode: stop.modeTaken, to: state,
                nowMs: 1)
                != nil
        }
        #expect(!isTaken(graceful, fence: 0) && !isTaken(graceful, fence: epoch - 1))
        #expect(isTaken(graceful, fence: epoch) && isTaken(graceful, fence: epoch + 1))
        #expect(isTaken(forced, fence: 0) && !isTaken(forced, fence: epoch - 1) && isTaken(forced, fence: epoch))
        var stray = forced
        stray.record.strayWorker = true
        #expect(!isTaken(stray, fence: 0), "somebody may write still")
        #expect(isTaken(stray, fence: epoch))
        #expect(try !stray.stepping(.released(StopRelease(fenceEpoch: epoch), nil)).record.strayWorker)
    }

    /// Who drains or moves has claimed the destination; what is only said about a stop proves nothing.
    @Test func whoOwnsTheDestinationEndedTheWorkersBefore() throws {
        var state = try accepted()
        state.record.strayWorker = true
        #expect(try state.stepping(.blocked("x", attempts: 1)).record.strayWorker)
        #expect(try state.stepping(.failed(TaskFailure(code: "X"))).record.strayWorker)
        #expect(try state.stepping(.deadlinePassed(nil, blocker: "")).record.strayWorker)
        for step in [Self.began, Self.ended, .triggersMoved([]), .eventsMoved([])] {
            state.record.strayWorker = true
            state = try state.stepping(step)
            #expect(!state.record.strayWorker, "\(step)")
        }
    }

    @Test func aBlockerShowsAndGoes() throws {
        let blocked = try accepted().stepping(.blocked("waiting for 0-1-4711", attempts: 3))
        #expect(blocked.record.status == .stopping && blocked.stop?.phase == .accepted)
        #expect(blocked.stop?.blocker == "waiting for 0-1-4711" && blocked.stop?.attempts == 3)
        let moved = try blocked.stepping(Self.began)
        #expect(moved.stop?.blocker == "" && moved.stop?.attempts == 0)
    }
}
