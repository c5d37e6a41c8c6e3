import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Logging
import Testing

@Suite struct AbnormalStopsTests {
    static let hour: Int64 = 3_600_000
    let lost = ReplicationError(.sourceUnreachable, "The source does not answer.")

    func policy(_ stage: Stage, limitMs: Int64 = 2 * hour) -> AbnormalStops {
        AbnormalStops(ledger: stage.context.ledger, logger: stage.context.logger, limitMs: limitMs)
    }

    /// A task whose repairs are used up.
    func failed(_ stage: Stage) async throws {
        try await stage.createAndFollow()
        stage.replicator.change { [lost] in
            $0.faults = [lost]
            $0.isDestinationReachable = false
        }
        try await stage.reach(.incrementalMigrationFailed)
    }

    @Test func aTaskThatIsAbnormalTooLongIsStopped() async throws {
        let stage = Stage(attempts: 1)
        try await failed(stage)
        stage.replicator.change { $0.isDestinationReachable = true }
        let early = policy(stage)
        stage.clock.advance(byMs: 2 * Self.hour - 60_000)
        #expect(try await early.look() == [])
        stage.clock.advance(byMs: 6 * 60_000)
        #expect(try await policy(stage).look() == ["t1"])
        let stop = try #require(try await stage.state().stop)
        #expect(stop.actor == "cutover" && stop.modeAsked == .auto && stop.modeTaken == .forced)
        #expect(stop.reason == "abnormal for 2 h 5 min (limit 2 h): DESTINATION_UNREACHABLE", "\(stop.reason)")
        await stage.pool.poke("t1")
        try await stage.reach(.stopped)
        #expect(try await policy(stage).look() == [], "once is enough")
        await stage.pool.shutDown()
    }

    /// What is known from before counts by the wall clock; what this process saw, by one that nobody sets.
    @Test func aClockThatJumpsEndsNothing() async throws {
        let stage = Stage(attempts: 1)
        try await failed(stage)
        let policy = policy(stage)
        #expect(try await policy.look() == [])
        stage.clock.advance(byMs: 300 * Self.hour)
        #expect(try await policy.look() == [])
        await stage.pool.shutDown()
    }

    @Test func aRepairThatIsUnderWayIsLeftAlone() async throws {
        let stage = Stage()
        try await stage.createAndFollow()
        stage.replicator.change { [lost] in
            $0.claimsFlow = false
            $0.faults = [lost]
        }
        try await stage.reach("an attempt") { $0.record.repairRunning }
        stage.clock.advance(byMs: 9 * Self.hour)
        #expect(try await policy(stage).look() == [])
        #expect(try await stage.state().stop == nil, "no stop waits for a repair that may succeed")
        stage.replicator.change { $0.claimsFlow = true }
        try await stage.reach(.incrementalMigration)
        #expect(try await policy(stage).look() == [])
        await stage.pool.shutDown()
    }

    @Test func theServerItselfCarriesThePolicyOut() async throws {
        let stage = Stage(attempts: 1, stopAbnormalAfterMs: 500)
        _ = try await stage.pool.start()
        try await failed(stage)
        stage.replicator.change { $0.isDestinationReachable = true }
        let state = try await stage.reach(.stopped)
        #expect(state.stop?.actor == "cutover" && state.stop?.fenceEpoch == state.record.epoch)
        await stage.pool.shutDown()
    }
}
