import CutoverModel
import Testing

@testable import CutoverConsole
@testable import cutover

@Suite struct ReceiptTimelineTests {
    private let startMs = Fixtures.startMs

    private func timeline(_ phases: [(StopPhase, Int64)], _ change: (inout Stop) -> Void = { _ in }) throws
        -> ReceiptTimeline
    {
        var stop = Stop(phases: ReceiptFixtures.phases(phases))
        stop.acceptedAtMs = startMs
        stop.endedAtMs = stop.phases.last?.endedAtMs ?? 0
        change(&stop)
        return try #require(ReceiptTimeline(stop, nowMs: startMs + 60_000))
    }

    @Test func phasesAreToScale() throws {
        let line = try timeline([(.accepted, 1_000), (.draining, 7_000), (.releasing, 2_000), (.stopped, 0)])
        #expect(line.bars.map(\.start) == [0, 0.1, 0.8, 1])
        #expect(line.bars.map { ($0.length * 10).rounded() } == [1, 7, 2, 0])
        #expect(line.bars.map(\.duration) == ["1 s", "7 s", "2 s", ""])
        #expect(line.bars.map(\.isInstant) == [false, false, false, true])
        #expect(line.ticks.map(\.label) == ["0", "2 s", "4 s", "6 s", "8 s", "10 s"])
        #expect(line.noReturn?.place == 0.8)
        #expect(line.deadline == nil)
    }

    /// Four milliseconds in three days are still seen.
    @Test func aVeryShortPhaseIsVisible() throws {
        let line = try timeline([(.draining, 259_200_000), (.migratingEvents, 4), (.stopped, 0)])
        #expect(line.bars[1].length < 1e-7)
        let picture = ReceiptTimelineSVG(timeline: line).text
        #expect(picture.contains("<rect class=\"p-events\" x=\"681\" y=\"54\" width=\"3\""))
        #expect(picture.contains("<title>moving events, 4 ms</title>"))
    }

    @Test func theDeadlineIsMarkedWhereItDoesNotPressThePhasesTogether() throws {
        let phases: [(StopPhase, Int64)] = [(.accepted, 100), (.draining, 7_900), (.releasing, 2_000), (.stopped, 0)]
        func line(deadlineMs: Int64) throws -> ReceiptTimeline {
            try timeline(phases) {
                $0.drainDeadlineMs = UInt32(deadlineMs)
                $0.drainDeadlineAtMs = startMs + deadlineMs
            }
        }
        #expect(try line(deadlineMs: 5_000).deadline?.place == 0.5)
        let near = try line(deadlineMs: 12_500)
        #expect(near.deadline?.place == 1)
        #expect(near.endMs == startMs + 12_500)
        let far = try line(deadlineMs: 600_000)
        #expect(far.deadline == nil)
        #expect(far.endMs == startMs + 10_000)
        #expect(far.notes == ["The drain deadline, 2026-11-23 07:10:04 UTC, lies beyond the picture."])
    }

    /// A stop that went on by force no longer carries its deadline.
    @Test func aDeadlineThatLedToForceIsMarked() throws {
        let line = try #require(ReceiptTimeline(ReceiptFixtures.forced, nowMs: 0))
        #expect(line.deadline?.label == "drain deadline 07:01:04")
        #expect(line.noReturn?.label == "point of no return 07:01:04")
    }

    @Test func aWithdrawnStopPassedNoPointOfNoReturn() throws {
        let line = try timeline([(.accepted, 10), (.draining, 90), (.withdrawn, 0)])
        #expect(line.noReturn == nil)
        #expect(line.bars.last?.isInstant == true)
    }

    @Test func aPhaseUnderWayReachesToNow() throws {
        let line = try timeline([(.accepted, 1_000), (.draining, 0)]) {
            $0.endedAtMs = 0
            $0.phases[1].endedAtMs = 0
        }
        #expect(line.bars[1].isOpen)
        #expect(line.bars[1].duration == "59 s so far")
        #expect(line.endMs == startMs + 60_000)
    }

    @Test func aStopThatWasRetriedOftenIsCut() throws {
        let phases = (0..<60).flatMap { _ in [(StopPhase.releasing, Int64(5)), (StopPhase.failed, Int64(5))] }
        let line = try timeline(phases)
        #expect(line.bars.count == ReceiptTimeline.barLimit)
        #expect(line.notes == ["80 further phases below."])
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 253_402_300_800_000, .max])
    func timesOutOfRangeDoNotTrap(ms: Int64) {
        var stop = ReceiptFixtures.graceful
        for change in [
            { $0.phases[1].startedAtMs = ms }, { $0.phases[1].endedAtMs = ms }, { $0.phases[0].startedAtMs = ms },
            { $0.acceptedAtMs = ms }, { $0.endedAtMs = ms }, { $0.drainDeadlineAtMs = ms },
            {
                $0.drainDeadlineAtMs = 0; $0.deadlinePassed = true
            },
        ] as [(inout Stop) -> Void] {
            change(&stop)
            let line = ReceiptTimeline(stop, nowMs: ms)
            #expect(line?.bars.allSatisfy { (0...1).contains($0.start) && (0...1).contains($0.length) } != false)
            #expect(line.map { $0.ticks.count <= 8 } != false)
            #expect(!ReceiptPage(response: ReceiptFixtures.response(stop), nowMs: ms).text.isEmpty)
            #expect(!ReceiptRenderer(style: TextStyle()).lines(ReceiptFixtures.response(stop)).isEmpty)
        }
        #expect(ReceiptTimeline(Stop(), nowMs: ms) == nil)
    }

    @Test(arguments: [1, 7, 999, 61_000, 3_700_000, 90_000_000, 40_000_000_000, 3_000_000_000_000] as [Int64])
    func theAxisHasFewTicks(rangeMs: Int64) throws {
        let line = try timeline([(.draining, rangeMs), (.stopped, 0)])
        #expect((1...7).contains(line.ticks.count))
        #expect(line.ticks.allSatisfy { (0...1).contains($0.place) })
    }
}
