import Testing

@testable import cutover_load

@Suite struct RecorderTests {
    private let recorder = Recorder(window: MeasuredWindow(startNs: 1_000, endNs: 2_000), operations: 2, lanes: 3)

    private func record(
        _ intended: UInt64, _ started: UInt64, _ ended: UInt64, operation: Int = 0, lane: Int = 0,
        _ result: Result<UInt64, CallFailure> = .success(1)
    ) {
        let times = CallTimes(intendedNs: intended, startedNs: started, endedNs: ended)
        recorder.record(lane: lane, operation: operation, times, result, measuresStart: true)
    }

    @Test func latencyCountsFromTheIntendedTime() {
        record(1_100, 1_400, 1_450)
        let tally = recorder.take().tallies[0]
        #expect(tally.latency.count == 1)
        #expect(tally.latency.maxNs == 350)
    }

    @Test func theStartDelayIsKept() {
        record(1_100, 1_400, 1_450)
        #expect(recorder.take().startDelay.maxNs == 300)
    }

    @Test func callsBeforeTheWindowAreOnlyCounted() {
        record(999, 999, 1_500)
        let tally = recorder.take().tallies[0]
        #expect(tally.unmeasured == 1)
        #expect(tally.measured == 0)
        // But what ended within the window is throughput of the window.
        #expect(tally.endedInWindow == 1)
    }

    @Test func callsThatEndAfterTheWindowAreMeasuredButNoThroughput() {
        record(1_999, 1_999, 2_000)
        let tally = recorder.take().tallies[0]
        #expect(tally.measured == 1)
        #expect(tally.endedInWindow == 0)
    }

    @Test func failedCallsAreKeptApart() {
        let failure = CallFailure(status: "unavailable", reason: "")
        record(1_100, 1_100, 1_200, .failure(failure))
        record(1_100, 1_100, 1_300, .failure(failure))
        record(1_100, 1_100, 1_150, operation: 1, .success(7))
        let gathered = recorder.take()
        #expect(gathered.tallies[0].latency.isEmpty)
        #expect(gathered.tallies[0].failed == 2)
        #expect(gathered.tallies[0].failures == [failure: 2])
        #expect(gathered.tallies[0].endedInWindow == 0)
        #expect(gathered.tallies[1].items == 7)
        #expect(gathered.tallies[1].failed == 0)
    }

    @Test func allLanesAreTakenOnce() async {
        let recorder = recorder
        await withDiscardingTaskGroup { group in
            for lane in 0..<16 {
                group.addTask {
                    for _ in 0..<1_000 {
                        let times = CallTimes(intendedNs: 1_100, startedNs: 1_100, endedNs: 1_200)
                        recorder.record(lane: lane, operation: 0, times, .success(1), measuresStart: false)
                    }
                }
            }
        }
        #expect(recorder.take().tallies[0].latency.count == 16_000)
        #expect(recorder.take().tallies[0].latency.count == 0)
    }
}
