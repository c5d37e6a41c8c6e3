import Testing

@testable import cutover_load

@Suite struct TaskNeedsTests {
    private func needs(
        _ mix: [(String, UInt32)], rate: Double? = nil, tasks: Int? = nil, warmUpS: UInt64 = 2
    ) -> TaskNeeds {
        TaskNeeds(
            mix: OperationMix(mix.map { .init(operation: $0.0, weight: $0.1) }, seed: 1),
            loop: rate.map { .open(rate: $0, limit: 100) } ?? .closed(inFlight: 16),
            times: RunTimes(rampNs: 0, warmUpNs: warmUpS * 1_000_000_000, durationNs: 10_000_000_000), tasks: tasks,
            batchSize: 50)
    }

    @Test func echoNeedsNone() {
        #expect(needs([("echo", 1)]) == needs([("echo", 1)], rate: 1_000))
        #expect(needs([("echo", 1)]).steady + needs([("echo", 1)]).fresh == 0)
    }

    @Test func anOpenLoopNeedsWhatItsRateStops() {
        #expect(needs([("stop", 1)], rate: 100).fresh == 1_201)
        #expect(needs([("batch-stop", 1)], rate: 10).fresh == 6_001)
    }

    @Test func aMixNeedsItsShareAndSomeMore() {
        let needs = needs([("get", 90), ("stop", 10)], rate: 1_000)
        #expect(needs.steady == TaskNeeds.defaultSteady)
        #expect((1_200...1_500).contains(needs.fresh))
    }

    @Test func theCallerDecides() {
        #expect(needs([("stop", 1)], rate: 100, tasks: 7).fresh == 7)
        #expect(needs([("get", 1)], tasks: 5).steady == 5)
        #expect(needs([("stop", 1)]).fresh == TaskNeeds.defaultFresh)
    }

    @Test func thereIsAMost() {
        #expect(needs([("batch-stop", 1)], rate: 1_000_000).fresh == TaskNeeds.maxTasks)
    }
}
