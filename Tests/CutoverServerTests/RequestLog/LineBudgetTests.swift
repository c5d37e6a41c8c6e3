@testable import CutoverServer
import Testing

@Suite struct LineBudgetTests {
    @Test func eachSecondHasItsLines() {
        var budget = LineBudget(linesPerSecond: 3)
        let taken = { (nowMs: Int64) in (0..<10).count { _ in budget.take(nowMs: nowMs) } }
        #expect(taken(5_000) == 3)
        #expect(taken(5_999) == 0, "the same second")
        #expect(taken(6_000) == 3)
        #expect(taken(60_000) == 3, "what was not used is not saved up")
    }
}
