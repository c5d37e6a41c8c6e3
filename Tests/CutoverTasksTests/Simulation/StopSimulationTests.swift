import CutoverModel
import CutoverTasks
import Foundation
import Testing

/// Thousands of schedules keep every promise.
///
/// `CUTOVER_SEED` replays one schedule; `CUTOVER_SCHEDULES` sets how many are run.
@Suite struct StopSimulationTests {
    static let fixedSchedules: UInt64 = 1_500
    static let freshSchedules: UInt64 = 500

    /// The schedules of seeds from `first` on, until one breaks a promise.
    static func firstBreach(
        _ core: SimulatedCore, from first: UInt64, schedules: UInt64, of promise: StopHistory.Promise? = nil
    ) async throws -> String? {
        for seed in first..<(first + schedules) {
            var simulation = StopSimulation(seed: seed, core: core)
            let history = try await simulation.run()
            let broken = history.broken.first { promise == nil || $0.promise == promise }
            if let broken { return "CUTOVER_SEED=\(seed) breaks \(broken.promise): \(broken.what)" }
        }
        return nil
    }

    private static func number(_ variable: String) -> UInt64? {
        ProcessInfo.processInfo.environment[variable].flatMap(UInt64.init)
    }

    @Test func everyPromiseHoldsInEverySchedule() async throws {
        let seed = Self.number("CUTOVER_SEED")
        let schedules = seed == nil ? Self.number("CUTOVER_SCHEDULES") ?? Self.fixedSchedules : 1
        let breach = try await Self.firstBreach(SimulatedCore(), from: seed ?? 1, schedules: schedules)
        #expect(breach == nil)
    }

    @Test func everyPromiseHoldsInFreshSchedules() async throws {
        let first = UInt64.random(in: 1 << 32...1 << 62)
        print("simulation seeds from \(first)")
        let breach = try await Self.firstBreach(SimulatedCore(), from: first, schedules: Self.freshSchedules)
        #expect(breach == nil)
    }

    /// Schedules that never got anywhere would prove nothing.
    @Test func schedulesReachWhatTheyAreAbout() async throws {
        var seen: Set<String> = []
        for seed in UInt64(1)...300 {
            var simulation = StopSimulation(seed: seed)
            seen.formUnion(try await simulation.run().seen)
        }
        for wanted in [
            "stop.accepted", "stop.escalated", "stop.retried", "stop.failed", "stop.draining", "stop.undrained",
            "stop.migrating_triggers", "stop.migrating_events", "stop.releasing", "stop.blocked", "stop.waiting",
            "stop.withdrawn", "stop.acknowledged", "residue.finished", "stopped", "completing", "completed", "fault",
            "repaired", "failed", "pause", "resume", "STOPPED", "COMPLETED", "STOP_FAILED", "drained",
            "drained to a time", "drained to a GTID", "escalated", "deadline", "completes", "waiting", "withdrawn",
            "residue finished", "destination write", "settled stopped", "batch.accepted", "batch.accepting",
            "batch.progress", "batch.ended", "batch.cancelled", "batch withdrawn", "batch taken up",
            "batch group refused", "batch took a stop up", "batch accepted whole", "batch refused whole",
            "batch settled",
        ] { #expect(seen.contains(wanted), "\(wanted)") }
        let results: [StopItemResult] = [
            .accepted, .inProgress, .stopped, .alreadyStopped, .rejected, .unknownTask, .failed, .withdrawn,
            .notAttempted,
        ]
        for result in results { #expect(seen.contains("batch item \(result.name)"), "\(result)") }
    }

    @Test func theSameSeedGivesTheSameRun() async throws {
        var first = StopSimulation(seed: 7)
        var second = StopSimulation(seed: 7)
        _ = try await first.run()
        _ = try await second.run()
        #expect(try await first.store.events(after: 0, limit: 10_000) == second.store.events(after: 0, limit: 10_000))
        #expect(try await first.store.audit(after: 0, limit: 1_000) == second.store.audit(after: 0, limit: 1_000))
    }
}
