import Testing

@testable import CutoverRPC

@Suite struct RetryBudgetTests {
    @Test func itBeginsWithAHundred() {
        let budget = RetryBudget(maxInFlight: 16)
        for _ in 0..<100 { #expect(budget.spend()) }
        #expect(!budget.spend())
    }

    @Test func itIsEnoughForOneFullConnection() {
        let budget = RetryBudget(maxInFlight: 1_024)
        var spent = 0
        while budget.spend() { spent += 1 }
        #expect(spent == 1_024)
    }

    @Test func tenCallsEarnOne() {
        let budget = RetryBudget(maxInFlight: 16)
        while budget.spend() {}
        for _ in 0..<9 {
            budget.earn()
            #expect(!budget.spend())
        }
        budget.earn()
        #expect(budget.spend())
        #expect(!budget.spend())
    }

    @Test func itHoldsAHundredAtMost() {
        let budget = RetryBudget(maxInFlight: 16)
        for _ in 0..<5_000 { budget.earn() }
        var spent = 0
        while budget.spend() { spent += 1 }
        #expect(spent == 100)
    }

    @Test func threadsAtOnceSpendNoMoreThanThereIs() async {
        let budget = RetryBudget(maxInFlight: 16)
        let spent = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<1_000).count { _ in budget.spend() } }
            }
            return await group.reduce(0, +)
        }
        #expect(spent == 100)
    }
}
