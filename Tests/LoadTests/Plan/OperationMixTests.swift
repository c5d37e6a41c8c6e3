import Testing

@testable import cutover_load

@Suite struct OperationMixTests {
    private let parts: [OperationMix.Part] = [
        .init(operation: "get", weight: 80), .init(operation: "list", weight: 15), .init(operation: "stop", weight: 5),
    ]

    @Test func operationsComeByTheirWeights() {
        let mix = OperationMix(parts, seed: 7)
        var counts = [0, 0, 0]
        for number in 0..<100_000 { counts[mix.operation(of: UInt64(number))] += 1 }
        #expect(abs(counts[0] - 80_000) < 1_000)
        #expect(abs(counts[1] - 15_000) < 1_000)
        #expect(abs(counts[2] - 5_000) < 500)
    }

    @Test func theSameSeedMakesTheSameChoices() {
        func choices(_ seed: UInt64) -> [Int] {
            let mix = OperationMix(parts, seed: seed)
            return (0..<1_000).map { mix.operation(of: UInt64($0)) }
        }
        #expect(choices(1) == choices(1))
        #expect(choices(1) != choices(2))
    }

    @Test func oneOperationIsAlwaysTaken() {
        let mix = OperationMix([.init(operation: "echo", weight: 3)], seed: 1)
        #expect((0..<100).allSatisfy { mix.operation(of: $0) == 0 })
        #expect(mix.share(of: "echo") == 1)
        #expect(mix.share(of: "get") == 0)
    }

    @Test func sharesAreTheWeightsOfAll() {
        let mix = OperationMix(parts, seed: 1)
        #expect(mix.share(of: "get") == 0.8)
        #expect(mix.share(of: "stop") == 0.05)
    }
}
