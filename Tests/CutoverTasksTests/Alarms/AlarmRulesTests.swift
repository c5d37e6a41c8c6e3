import CutoverModel
@testable import CutoverTasks
import Testing

@Suite struct AlarmRulesTests {
    static let others: [TaskStatus] = [
        .creating, .createFailed, .configuration, .pendingStart, .paused, .stopped, .completed,
    ]

    @Test(arguments: [
        ("SOURCE_UNREACHABLE", AlarmKind.sourceUnreachable), ("DESTINATION_UNREACHABLE", .destinationUnreachable),
        ("POSITION_LOST", .positionLost), ("APPLY_FAILED", .workerLost), ("INTERNAL", .workerLost),
        ("DIVERGENCE", .workerLost), ("", .workerLost),
    ])
    func aFailedTaskHasTheAlarmOfItsFailureAtOnce(code: String, kind: AlarmKind) {
        for status in [TaskStatus.startFailed, .fullMigrationFailed, .incrementalMigrationFailed] {
            var task = AlarmFixture(.incrementalMigration)
            task.fail(status, code, message: "It broke.", atMs: 1_000)
            task.look(atMs: 1_000)
            #expect(task.kinds == [kind])
            #expect(task.active.first?.message.contains("It broke.") == true)
            #expect(task.active.first?.message.contains(status.name) == true)
        }
    }

    @Test func aRepairIsNoAlarmUntilItHasLasted() {
        for (code, kind) in [("SOURCE_UNREACHABLE", AlarmKind.sourceUnreachable), ("TIMED_OUT", .workerLost)] {
            var task = AlarmFixture(.incrementalMigration)
            task.fail(.faultRectification, code, atMs: 10_000)
            #expect(task.look(atMs: 10_000 + 14_999).isEmpty)
            #expect(task.look(atMs: 10_000 + 15_000).map(\.kind) == [kind])
        }
    }

    /// With a dead source every attempt of a repair looks healthy for a moment: the destination was claimed.
    @Test func anAttemptOfARepairDoesNotClearTheAlarm() {
        var task = AlarmFixture(.incrementalMigration)
        task.fail(.faultRectification, "SOURCE_UNREACHABLE", atMs: 0)
        task.look(atMs: 20_000)
        for attempt in 1...20 {
            let beginMs = Int64(attempt) * 60_000
            task.follow()
            task.look(atMs: beginMs)
            task.situation.progress?.sourceUnreachableSinceMs = beginMs + 1_000
            task.look(atMs: beginMs + 5_000)
            task.look(atMs: beginMs + 20_000)
            task.fail(.faultRectification, "SOURCE_UNREACHABLE", atMs: beginMs + 31_000)
            task.look(atMs: beginMs + 31_000)
        }
        #expect(task.log.count { $0.count == 1 && $0.clearedAtMs == 0 } == 1, "raised once")
        #expect(task.kinds == [.sourceUnreachable])
        task.follow()
        task.look(atMs: 2_000_000)
        #expect(task.kinds == [.sourceUnreachable])
        task.look(atMs: 2_015_000)
        #expect(task.kinds.isEmpty)
        #expect(task.log.last?.clearedReason == "the source can be reached again")
    }

    @Test func anEndOutOfReachIsAnAlarmBeforeTheWorkerGivesUp() {
        var task = AlarmFixture(
            .incrementalMigration, progress: MigrationProgress(destinationUnreachableSinceMs: 100_000))
        #expect(task.look(atMs: 114_999).isEmpty)
        #expect(task.look(atMs: 115_000).map(\.kind) == [.destinationUnreachable])
        #expect(task.active.first?.message.contains("The destination has been out of reach for 15 s.") == true)
        task.situation.progress?.destinationUnreachableSinceMs = 0
        #expect(task.look(atMs: 120_000).isEmpty, "not at the first good look")
        #expect(task.look(atMs: 135_000).map(\.clearedReason) == ["the destination can be reached again"])
    }

    @Test func lagIsAnAlarmOnceItHasLastedAndClearsAtHalf() {
        var task = AlarmFixture(.incrementalMigration, progress: MigrationProgress(lagMs: 60_000))
        task.look(atMs: 0 + 1)
        task.look(atMs: 100_000)
        #expect(task.kinds.isEmpty, "at the threshold")
        task.situation.progress?.lagMs = 61_000
        task.look(atMs: 200_000)
        task.look(atMs: 259_999)
        #expect(task.kinds.isEmpty)
        task.situation.progress?.lagMs = 1_000
        task.look(atMs: 260_000)
        task.situation.progress?.lagMs = 90_000
        task.look(atMs: 261_000)
        task.look(atMs: 320_999)
        #expect(task.kinds.isEmpty, "a good look in between makes it count anew")
        task.situation.progress?.etaMs = 240_000
        task.situation.progress?.blocker = "waiting for transaction 0-1-47 on shop.orders, 41 s"
        task.look(atMs: 321_000)
        #expect(
            task.active.first?.message
                == "The destination is 90 s behind the source and catches up in about 4 min: "
                + "waiting for transaction 0-1-47 on shop.orders, 41 s.")
        task.situation.progress?.lagMs = 30_001
        #expect(task.look(atMs: 330_000).isEmpty)
        task.situation.progress?.lagMs = 30_000
        #expect(task.look(atMs: 331_000).map(\.clearedReason) == ["the lag is back to 30 s"])
    }

    /// A worker that has just begun counts a lag of none.
    @Test func aRestartDoesNotClearTheLag() {
        var task = AlarmFixture(.incrementalMigration, progress: MigrationProgress(lagMs: 90_000))
        task.look(atMs: 1_000)
        task.look(atMs: 61_000)
        #expect(task.kinds == [.lagHigh])
        task.memory = AlarmMemory()
        task.situation.progress = nil
        task.look(atMs: 70_000)
        task.follow()
        task.look(atMs: 71_000)
        task.fail(.faultRectification, "TIMED_OUT", atMs: 72_000)
        task.look(atMs: 72_000)
        #expect(task.kinds == [.lagHigh])
    }

    @Test func noAlarmForTasksThatNobodyRuns() {
        for status in Self.others {
            var task = AlarmFixture(status, progress: MigrationProgress(lagMs: 1 << 40, sourceUnreachableSinceMs: 1))
            task.situation.record.failure = TaskFailure(code: "SOURCE_UNREACHABLE")
            task.situation.record.abnormalSinceMs = 1
            task.look(atMs: 1_000)
            task.look(atMs: 1_000_000_000)
            #expect(task.log.isEmpty, "\(status)")
        }
    }

    @Test func pauseClears() {
        var task = AlarmFixture(.incrementalMigration)
        task.fail(.incrementalMigrationFailed, "DIVERGENCE", atMs: 1_000)
        task.look(atMs: 2_000)
        task.situation.record.status = .paused
        #expect(task.look(atMs: 3_000).map(\.clearedReason) == ["the task was paused"])
    }

    // MARK: - The maintenance window

    @Test func acceptanceClearsEverythingAndNothingIsRaised() {
        for kind in AlarmRules.kinds where kind != .stopStuck {
            var task = AlarmFixture(.incrementalMigration)
            task.active = [Alarm(id: "a0", kind: kind, taskId: "t1", raisedAtMs: 1)]
            task.accept(.draining, sinceMs: 10_000)
            task.situation.record.failure = TaskFailure(code: "SOURCE_UNREACHABLE")
            task.situation.record.abnormalSinceMs = 1
            task.situation.progress = MigrationProgress(
                lagMs: 1 << 30, sourceUnreachableSinceMs: 1, destinationUnreachableSinceMs: 1)
            let changes = task.look(atMs: 10_000)
            #expect(changes.map(\.clearedReason) == ["a stop was accepted"], "\(kind)")
            task.look(atMs: 200_000)
            task.situation.record.status = .stopped
            task.look(atMs: 900_000_000)
            #expect(task.log.count == 1, "\(kind)")
        }
    }

    @Test func aStopThatWaitsHasNotBeenAccepted() {
        var task = AlarmFixture(.incrementalMigration)
        task.fail(.faultRectification, "SOURCE_UNREACHABLE", atMs: 1_000)
        task.situation.stop = Stop(id: "s1", phase: .waiting)
        task.look(atMs: 50_000)
        #expect(task.kinds == [.sourceUnreachable])
    }

    @Test func aWithdrawnStopEndsTheWindow() {
        var task = AlarmFixture(.incrementalMigration)
        task.accept(.draining, sinceMs: 1_000)
        task.situation.progress = MigrationProgress(sourceUnreachableSinceMs: 500)
        task.look(atMs: 60_000)
        #expect(task.log.isEmpty)
        task.situation.record.status = .incrementalMigration
        task.situation.stop?.phase = .withdrawn
        task.look(atMs: 61_000)
        #expect(task.kinds == [.sourceUnreachable])
    }

    @Test func aTaskThatCompletesSaysSo() {
        var task = AlarmFixture(.fullMigration)
        task.fail(.faultRectification, "SOURCE_UNREACHABLE", atMs: 1_000)
        task.look(atMs: 60_000)
        task.accept(.releasing, sinceMs: 70_000)
        task.situation.stop?.completes = true
        #expect(task.look(atMs: 70_000).map(\.clearedReason) == ["the task is complete"])
    }

    // MARK: - Stops that are stuck

    @Test func aPhaseThatLastsTooLongIsStuck() {
        for phase in [StopPhase.accepted, .migratingTriggers, .migratingEvents, .releasing] {
            var task = AlarmFixture(.incrementalMigration)
            task.accept(phase, sinceMs: 1_000)
            task.look(atMs: 300_999)
            #expect(task.kinds.isEmpty)
            task.situation.stop?.blocker = "waiting for a metadata lock"
            task.look(atMs: 301_000)
            #expect(task.kinds == [.stopStuck])
            #expect(
                task.active.first?.message
                    == "The stop has been in \(phase.name) for 5 min: waiting for a metadata lock. "
                    + "Remove what holds it up, or overtake it with a forced stop.")
        }
    }

    @Test func aLongDrainThatGetsFurtherIsNotStuck() {
        var task = AlarmFixture(.incrementalMigration)
        task.accept(.draining, sinceMs: 1_000)
        task.situation.progress = MigrationProgress()
        for minute in 1...120 {
            task.situation.progress?.transactionsApplied += 1
            task.look(atMs: Int64(minute) * 60_000)
        }
        #expect(task.log.isEmpty)
        task.look(atMs: 120 * 60_000 + 299_999)
        #expect(task.log.isEmpty)
        task.look(atMs: 120 * 60_000 + 300_000)
        #expect(task.kinds == [.stopStuck])
        task.situation.progress?.rowsApplied += 1
        #expect(task.look(atMs: 130 * 60_000).map(\.clearedReason) == ["the stop goes on"])
    }

    @Test func aPhaseThatIsTriedAgainAndAgainIsStuckSooner() {
        var task = AlarmFixture(.incrementalMigration)
        task.accept(.migratingTriggers, sinceMs: 1_000)
        task.look(atMs: 100_000)
        task.situation.stop?.attempts = 1
        task.situation.stop?.blocker = "the destination is out of reach"
        task.look(atMs: 100_500)
        #expect(task.kinds.isEmpty, "once is no alarm")
        task.situation.stop?.attempts = 4
        task.look(atMs: 115_500)
        #expect(task.kinds == [.stopStuck])
        task.situation.stop?.attempts = 0
        task.look(atMs: 116_000)
        #expect(task.kinds.isEmpty)
    }

    @Test func aFailedStopIsStuckUntilItEnds() {
        var task = AlarmFixture(.incrementalMigration)
        task.accept(.failed, sinceMs: 1_000)
        task.situation.record.status = .stopFailed
        task.situation.stop?.failure = TaskFailure(code: "PRIVILEGE_MISSING", message: "TRIGGER is missing.")
        task.look(atMs: 1_000)
        #expect(task.active.map(\.message) == ["The stop failed. TRIGGER is missing. Retry it, or force it."])
        task.situation.record.status = .stopped
        #expect(task.look(atMs: 2_000).map(\.clearedReason) == ["the stop has ended"])
    }

    @Test func messagesAreBounded() {
        var task = AlarmFixture(.incrementalMigration)
        task.fail(.incrementalMigrationFailed, "APPLY_FAILED", message: String(repeating: "x", count: 1 << 20), atMs: 1)
        task.look(atMs: 2)
        #expect(task.active.first?.message.count == AlarmRules.maxMessageLength)
    }

    /// Whatever may be raised must be found by whoever looks only at these tasks.
    @Test func whatIsRaisedIsInAWatchedStatusOrSuspect() {
        for status in TaskStatus.allKnown {
            var task = AlarmFixture(status, progress: MigrationProgress())
            task.situation.record.failure = TaskFailure(code: "APPLY_FAILED")
            task.situation.stop = Stop(id: "s1", phase: .draining)
            for second in 0..<1_000 { task.look(atMs: Int64(second) * 1_000) }
            #expect(task.log.isEmpty || AlarmRules.watchedStatuses.contains(status), "\(status)")
        }
    }
}
