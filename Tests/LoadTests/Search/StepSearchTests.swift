import Testing

@testable import cutover_load

@Suite struct StepSearchTests {
    /// Searches against a server whose latency is good up to a rate; returns the search and what it found.
    private func search(
        sustains most: Double, start: Double = 1_000, max: Double = 1_000_000, steps: Int = 30,
        falling: StepSearch.Verdict = .tooSlow
    ) -> (StepSearch, StepSearch.Step?) {
        var search = StepSearch(.init(startRate: start, maxRate: max, p99LimitNs: 2_000_000, maxSteps: steps))
        for _ in 0..<1_000 {
            switch search.next {
            case .finished(let best): return (search, best)
            case .attempt(let rate):
                let isGood = rate <= most
                search.note(
                    rate: rate, achievedRate: isGood || falling != .fellBehind ? rate : rate * 0.9,
                    p99Ns: isGood || falling != .tooSlow ? 1_000_000 : 2_000_001,
                    failed: isGood || falling != .failed ? 0 : 1)
            }
        }
        Issue.record("the search does not end")
        return (search, nil)
    }

    @Test(arguments: [StepSearch.Verdict.tooSlow, .fellBehind, .failed])
    func findsTheHighestRateWithinItsResolution(falling: StepSearch.Verdict) {
        let (search, best) = search(sustains: 7_300, falling: falling)
        #expect(best.map { $0.rate <= 7_300 && $0.rate >= 7_300 / 1.05 } == true)
        #expect(search.steps.map(\.rate).prefix(5) == [1_000, 2_000, 4_000, 8_000, 6_000])
        #expect(search.steps[3].verdict == falling)
    }

    @Test func goesDownWhenTheFirstRateIsTooHigh() {
        let (search, best) = search(sustains: 130)
        #expect(search.steps.map(\.rate).prefix(4) == [1_000, 500, 250, 125])
        #expect(best.map { $0.rate <= 130 && $0.rate >= 123 } == true)
    }

    @Test func endsWithNothingWhenNoRateIsSustained() {
        let (search, best) = search(sustains: 0)
        #expect(best == nil)
        #expect((search.steps.last?.rate ?? 0) >= StepSearch.leastRate)
    }

    @Test func endsAtTheHighestRate() {
        let (search, best) = search(sustains: .infinity, max: 5_000)
        #expect(search.steps.map(\.rate) == [1_000, 2_000, 4_000, 5_000])
        #expect(best?.rate == 5_000)
    }

    @Test func triesNoMoreThanItMay() {
        let (search, best) = search(sustains: 7_300, steps: 5)
        #expect(search.steps.count == 5)
        #expect(best?.rate == 6_000)
    }

    @Test func aGoodRateAboveABadOneIsLuck() {
        var search = StepSearch(.init(startRate: 1_000, maxRate: 1_000_000, p99LimitNs: 2_000_000))
        search.note(rate: 1_000, achievedRate: 1_000, p99Ns: 3_000_000, failed: 0)
        search.note(rate: 2_000, achievedRate: 2_000, p99Ns: 1, failed: 0)
        #expect(search.best == nil)
        #expect(search.next == .attempt(rate: 500))
    }

    @Test func aLatencyAtTheLimitIsGood() {
        var search = StepSearch(.init(startRate: 1_000, maxRate: 2_000, p99LimitNs: 2_000_000))
        search.note(rate: 1_000, achievedRate: 950, p99Ns: 2_000_000, failed: 0)
        #expect(search.steps.last?.verdict == .sustained)
        search.note(rate: 2_000, achievedRate: 1_899, p99Ns: 1, failed: 0)
        #expect(search.steps.last?.verdict == .fellBehind)
    }
}
