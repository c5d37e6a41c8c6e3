import CutoverClient
import CutoverConsole
import Synchronization
import Testing

@testable import cutover_load

/// Runs against an echo server in this process.
@Suite struct LoadRunTests {
    private func plan(_ address: String, _ loop: LoadLoop, ms: UInt64, warmUpMs: UInt64 = 0) -> LoadPlan {
        var configuration = CutoverClient.Configuration()
        configuration.timeoutMs = 60_000
        return LoadPlan(
            address: address, configuration: configuration, connections: 2, loop: loop,
            times: RunTimes(rampNs: 0, warmUpNs: warmUpMs * 1_000_000, durationNs: ms * 1_000_000),
            mix: OperationMix([.init(operation: "echo", weight: 1)], seed: 1), payloadBytes: 16, pageSize: 1,
            batchSize: 1, watchers: 1)
    }

    private func run(_ plan: LoadPlan, _ control: RunControl = RunControl()) async throws -> LoadReport {
        try await LoadRun(plan: plan, name: "test", control: control, progress: { _ in }, nowMs: { 0 }).run().report
    }

    /// The latency of calls that could not begin while the server stalled counts from when they were to begin.
    @Test func anOpenLoopSeesAStallInWhole() async throws {
        let echo = StallingEcho(stallsAfter: 100, for: .milliseconds(500))
        // Four calls in flight are soon stuck: all others of the stall begin late, when measured from their beginning they
        // would look fast.
        let report = try await echo.serve { try await run(plan($0, .open(rate: 1_000, limit: 4), ms: 1_000)) }
        let latency = report.combinedLatency
        #expect(latency.count == 1_000)
        #expect(report.failed == 0)
        // What was due in the first 300 ms of the stall waited for at least 200 ms.
        let slow = Double(latency.count) * (100 - latency.percentile(ofNs: 199_000_000)) / 100
        #expect(slow >= 290)
        #expect(latency.ns(atPercentile: 99) >= 450_000_000)
        #expect(report.heldBack >= 290)
    }

    @Test func everyCallIsCounted() async throws {
        let echo = StallingEcho(stallsAfter: 0, for: .zero)
        let open = try await echo.serve {
            try await run(plan($0, .open(rate: 2_000, limit: 100), ms: 300, warmUpMs: 100))
        }
        #expect(open.succeeded == 600)
        #expect(open.operations[0].unmeasured == 200)
        #expect(echo.calls == 800)
        #expect(open.intervals.reduce(0) { $0 + $1.ended } == 600)
        #expect(open.startDelay.map { LatencyHistogram($0).count } == 600)
    }

    @Test func aClosedLoopCountsWhatItSent() async throws {
        let echo = StallingEcho(stallsAfter: 0, for: .zero)
        let closed = try await echo.serve { try await run(plan($0, .closed(inFlight: 3), ms: 200, warmUpMs: 50)) }
        #expect(closed.succeeded > 0)
        #expect(Int(closed.succeeded + closed.operations[0].unmeasured) == echo.calls)
        #expect(closed.startDelay == nil)
    }

    @Test func callsThatNeverBeganAreFailures() async throws {
        // One call in flight, which is answered long after the run was to end.
        let echo = StallingEcho(stallsAfter: 1, for: .seconds(30))
        let report = try await echo.serve { address in
            var plan = plan(address, .open(rate: 100, limit: 1), ms: 300)
            plan.configuration.timeoutMs = 400
            return try await run(plan)
        }
        #expect(report.succeeded == 0)
        #expect(report.failed == 30)
        let failures = report.operations[0].failures
        #expect(failures.contains { $0.failure == .notSent })
        #expect(failures.contains { $0.failure.status == "deadline exceeded" })
        #expect(report.combinedLatency.isEmpty)
        #expect(report.operations[0].failedLatency.map { LatencyHistogram($0).count } == 30)
    }

    @Test func anInterruptEndsTheRunWithWhatWasMeasured() async throws {
        let echo = StallingEcho(stallsAfter: 0, for: .zero)
        let control = RunControl()
        let report = try await echo.serve { address in
            let running = Task { try await run(plan(address, .open(rate: 500, limit: 100), ms: 600_000), control) }
            let deadline = ContinuousClock.now + .seconds(60)
            while echo.calls < 50, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
            control.end(.interrupted)
            return try await running.value
        }
        #expect(report.end == .interrupted)
        #expect(report.succeeded >= 50)
        #expect(Int(report.succeeded) == echo.calls)
        #expect(report.windowNs < 600_000_000_000)
        #expect(RunCommand.status(report) == .interrupted)
    }
}
