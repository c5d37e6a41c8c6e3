import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Testing

/// A task that has ended is written to by nobody, whatever became of the workers that it had.
@Suite struct StopFenceTests {
    static let unreachable = ReplicationError(.destinationUnreachable, "The destination does not answer.")
    let forced = StopOrder(stopID: "s1", actor: "ann", reason: "fire", mode: .forced)

    /// A server whose end nobody saw, and the next one over the same store. What the first one's worker had sent to the destination
    /// may still arrive there.
    struct Crash {
        let first: Stage
        let next: Stage
        /// Writes as the worker that was cut off.
        let orphan: any ReplicationWorker
        let epoch: UInt64

        /// - Parameter drains: the server ended in the middle of a stop's drain.
        init(attempts: UInt32 = 1, drains: Bool = false) async throws {
            first = Stage()
            try await first.createAndFollow()
            if drains {
                first.replicator.change { $0.drainsFlow = false }
                try await first.stop(StopOrder(stopID: "s1"))
                try await first.reach("draining") { $0.stop?.phase == .draining }
                try await first.condition("drain runs") { [first] in first.replicator.read(\.follows) > 1 }
            }
            epoch = try await first.state().record.epoch
            let job = try await first.context.job(for: "t1")
            orphan = first.replicator.makeWorker(job, epoch: epoch)
            next = Stage(store: first.store, replicator: first.replicator, clock: first.clock, attempts: attempts)
        }

        /// Whether something that the first server's worker sent late is taken by the destination.
        func lateWriteIsTaken() async -> Bool {
            do {
                _ = try await orphan.copy()
                return true
            } catch {
                return false
            }
        }

        func end() async {
            await next.pool.shutDown()
            await first.pool.shutDown()
            _ = await orphan.close()
            #expect(first.replicator.read(\.openWorkers) == 0)
        }
    }

    /// The next server cannot reach the destination either: its attempts fail, and by that the task. This proves nothing about the
    /// worker of the first.
    @Test func aFailureAfterACrashProvesNothingAboutTheWorkerBefore() async throws {
        let crash = try await Crash()
        let stage = crash.next
        stage.replicator.change { $0.isDestinationReachable = false }
        _ = try await stage.pool.start()
        try await stage.reach(.incrementalMigrationFailed)
        try await stage.stop(forced)
        let blocked = try await stage.reach("two tries, or the end") {
            ($0.stop?.attempts ?? 0) >= 2 || $0.record.status.isFinal
        }
        #expect(blocked.record.status == .stopping && blocked.stop?.blocker.contains("until its destination") == true)
        stage.replicator.change { $0.isDestinationReachable = true }
        let stopped = try await stage.reach(.stopped)
        #expect((stopped.stop?.fenceEpoch ?? 0) > crash.epoch)
        #expect(await !crash.lateWriteIsTaken(), "nothing is written after the stop")
        await crash.end()
    }

    /// Nor does it in a third process, which finds the task failed.
    @Test func whatIsNotProvedStaysSoInLaterProcesses() async throws {
        let crash = try await Crash()
        crash.next.replicator.change { $0.isDestinationReachable = false }
        _ = try await crash.next.pool.start()
        try await crash.next.reach(.incrementalMigrationFailed)
        let third = try await crash.next.restarted()
        try await third.stop(forced)
        let blocked = try await third.reach("two tries, or the end") {
            ($0.stop?.attempts ?? 0) >= 2 || $0.record.status.isFinal
        }
        #expect(blocked.record.status == .stopping)
        third.replicator.change { $0.isDestinationReachable = true }
        try await third.reach(.stopped)
        #expect(await !crash.lateWriteIsTaken())
        await third.pool.shutDown()
        await crash.end()
    }

    /// The same in a stop: that this process ended a worker of its own says nothing about the one that drained before.
    @Test func aDrainThatWasCutOffIsFencedBeforeAForcedStopEnds() async throws {
        let crash = try await Crash(drains: true)
        let stage = crash.next
        stage.replicator.change { $0.isDestinationReachable = false }
        _ = try await stage.pool.start()
        try await stage.reach("a try that failed") { ($0.stop?.attempts ?? 0) >= 1 && $0.record.epoch > crash.epoch }
        try await stage.stop(forced)
        let blocked = try await stage.reach("two tries, or the end") {
            ($0.stop?.escalated == true && ($0.stop?.attempts ?? 0) >= 2) || $0.record.status.isFinal
        }
        #expect(blocked.record.status == .stopping && blocked.stop?.modeTaken == .forced)
        stage.replicator.change { $0.isDestinationReachable = true }
        #expect((try await stage.reach(.stopped).stop?.fenceEpoch ?? 0) > crash.epoch)
        #expect(await !crash.lateWriteIsTaken())
        await crash.end()
    }

    /// A later worker that owned the destination ended all before it; its own end was seen.
    @Test func aClaimAfterACrashSettlesIt() async throws {
        let crash = try await Crash(attempts: 0)
        let stage = crash.next
        _ = try await stage.pool.start()
        try await stage.reach("claimed again") {
            $0.record.epoch > crash.epoch && $0.record.status == .incrementalMigration
        }
        #expect(await !crash.lateWriteIsTaken())
        stage.replicator.change {
            $0.isDestinationReachable = false
            $0.faults = [Self.unreachable, Self.unreachable]
        }
        try await stage.reach(.incrementalMigrationFailed)
        let third = try await stage.restarted()
        try await third.stop(forced)
        let stop = try #require(try await third.reach(.stopped).stop)
        #expect(stop.fenceEpoch == 0 && stop.resources.contains { $0.resource == "destination fence" && !$0.released })
        third.replicator.change { $0.isDestinationReachable = true }
        #expect(await !crash.lateWriteIsTaken())
        await third.pool.shutDown()
        await crash.end()
    }
}
