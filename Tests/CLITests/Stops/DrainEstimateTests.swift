import Testing

@testable import cutover

@Suite struct DrainEstimateTests {
    @Test func estimatesFromTheRateSoFar() {
        var estimate = DrainEstimate()
        estimate.observe(left: 10_000, atMs: 1_000)
        #expect(estimate.remainingMs == nil)
        estimate.observe(left: 8_000, atMs: 2_000)
        #expect(estimate.remainingMs == 4_000)
        #expect(estimate.progress == (2_000, 10_000))
    }

    @Test func aGrowingLagBeginsAnew() {
        var estimate = DrainEstimate()
        estimate.observe(left: 1_000, atMs: 1_000)
        estimate.observe(left: 5_000, atMs: 2_000)
        #expect(estimate.remainingMs == nil)
        estimate.observe(left: 2_500, atMs: 3_000)
        #expect(estimate.remainingMs == 1_000)
    }

    @Test func aLagThatDoesNotShrinkHasNoEstimate() {
        var estimate = DrainEstimate()
        estimate.observe(left: 1_000, atMs: 1_000)
        estimate.observe(left: 1_000, atMs: 9_000)
        #expect(estimate.remainingMs == nil)
    }
}
