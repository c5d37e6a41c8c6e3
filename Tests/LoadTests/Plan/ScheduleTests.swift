import TestRandom
import Testing

@testable import cutover_load

@Suite struct ScheduleTests {
    @Test func callsAreSentAtTheRate() {
        let schedule = Schedule(rate: 1_000, rampNs: 0)
        #expect((0..<4).map { schedule.dueNs($0) } == [0, 1_000_000, 2_000_000, 3_000_000])
        #expect(schedule.calls(beforeNs: 10_000_000_000) == 10_000)
        #expect(schedule.calls(beforeNs: 0) == 0)
        #expect(schedule.calls(beforeNs: 1) == 1)
        #expect(schedule.calls(beforeNs: 1_000_000) == 1)
        #expect(schedule.calls(beforeNs: 1_000_001) == 2)
    }

    @Test func aRampSendsHalfOfWhatTheFullRateWould() {
        let schedule = Schedule(rate: 1_000, rampNs: 2_000_000_000)
        #expect(schedule.calls(beforeNs: 2_000_000_000) == 1_000)
        // A quarter of that in its first half.
        #expect(schedule.calls(beforeNs: 1_000_000_000) == 250)
        #expect(schedule.calls(beforeNs: 3_000_000_000) == 2_000)
        #expect(schedule.dueNs(1_000) == 2_000_000_000)
        #expect(schedule.dueNs(1_001) == 2_001_000_000)
    }

    /// A call that is due when the window begins belongs to it.
    @Test(arguments: [3.0, 700, 5_000, 9_999, 20_000, 123_457])
    func wholeSecondsAreExact(rate: Double) {
        let schedule = Schedule(rate: rate, rampNs: 0)
        for second in 1...20 {
            #expect(schedule.dueNs(UInt64(rate) * UInt64(second)) == UInt64(second) * 1_000_000_000)
        }
    }

    @Test func countAndTimesAgree() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            let schedule = Schedule(
                rate: Double.random(in: 0.1...200_000, using: &random),
                rampNs: Bool.random(using: &random) ? 0 : UInt64.random(in: 1...20_000_000_000, using: &random))
            let ns = UInt64.random(in: 0...30_000_000_000, using: &random)
            let count = schedule.calls(beforeNs: ns)
            #expect(count == 0 || schedule.dueNs(count - 1) < ns, "\(schedule) \(ns) seed \(seed)")
            #expect(schedule.dueNs(count) >= ns, "\(schedule) \(ns) seed \(seed)")
        }
    }

    @Test func timesNeverGoBack() {
        let schedule = Schedule(rate: 33_333, rampNs: 100_000_000)
        var last: UInt64 = 0
        for number in 0..<5_000 {
            let due = schedule.dueNs(UInt64(number))
            #expect(due >= last)
            last = due
        }
    }
}
