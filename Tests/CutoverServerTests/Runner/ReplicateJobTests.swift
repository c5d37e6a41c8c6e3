import CutoverModel
@testable import CutoverServer
import CutoverTasks
import Testing

@Suite struct ReplicateJobTests {
    /// A repair whose worker was made and now waits for an end that is out of reach: nothing is repaired yet, and what is tried next
    /// must count on from the attempts that there were.
    @Test(arguments: [
        MigrationProgress(sourceUnreachableSinceMs: 1), MigrationProgress(destinationUnreachableSinceMs: 1),
    ])
    func aTaskWithAnEndOutOfReachIsNotHealthy(_ shown: MigrationProgress) async throws {
        let stage = Stage(healthyAfterMs: 5)
        try await stage.createAndFollow()
        stage.replicator.change {
            $0.shown = shown
            $0.faults = [ReplicationError(.sourceUnreachable, "The source does not answer.")]
        }
        let repaired = try await stage.reach("a worker after the fault") {
            $0.record.status == .incrementalMigration && $0.record.repairAttempts == 1
        }
        // Each look for the report on its health reads what the worker shows, and nothing else here does.
        let reads = stage.replicator.read(\.statusReads)
        try await stage.condition("five looks") { stage.replicator.read(\.statusReads) >= reads + 5 }
        let waiting = try await stage.state().record
        #expect(waiting.repairAttempts == 1 && waiting.failure?.code == "SOURCE_UNREACHABLE")
        #expect(waiting.abnormalSinceMs == repaired.record.abnormalSinceMs && waiting.abnormalSinceMs > 0)
        stage.replicator.change { $0.shown = MigrationProgress() }
        let healthy = try await stage.reach("healthy") { $0.record.repairAttempts == 0 }.record
        #expect(healthy.status == .incrementalMigration && healthy.failure == nil && healthy.abnormalSinceMs == 0)
        #expect(try await stage.store.events(after: 0, limit: 1_000).count { $0.action == "repaired" } == 1)
        await stage.pool.shutDown()
        #expect(stage.replicator.read { $0.openWorkers == 0 && $0.strayWrites == 0 })
    }
}
