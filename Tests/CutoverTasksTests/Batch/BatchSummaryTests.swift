import CutoverModel
import CutoverTasks
import Testing
import TestRandom

@Suite struct BatchSummaryTests {
    static let results: [StopItemResult] = [
        .unspecified, .accepted, .inProgress, .stopped, .alreadyStopped, .rejected, .unknownTask, .failed, .withdrawn,
        .notAttempted, .unrecognized(99),
    ]

    /// Random histories of random items: counted as they change, and from scratch.
    @Test(arguments: 0..<50) func countsKeptAlongAreThoseFromScratch(round: UInt64) {
        let seed = UInt64.random(in: 0 ..< .max) &+ round
        print("batch summary seed \(seed)")
        var random = SplitMix64(seed: seed)
        var items: [BatchItem] = []
        var summary = BatchSummary()
        for _ in 0..<400 {
            let item = BatchItem(
                result: Self.results[Int.random(in: 0..<Self.results.count, using: &random)],
                modeTaken: random.oneIn(3) ? .forced : .graceful, undrained: random.oneIn(3))
            if items.isEmpty || random.oneIn(4) {
                items.append(item)
                summary.add(item)
            } else {
                let index = Int.random(in: 0..<items.count, using: &random)
                summary.replace(items[index], by: item)
                items[index] = item
            }
            #expect(summary == BatchSummary(counting: items), "seed \(seed)")
        }
        #expect(Int(summary.forced) == items.count { $0.modeTaken == .forced })
        #expect(Int(summary.undrained) == items.count { $0.undrained })
        #expect(total(summary) == UInt32(items.count), "every item is in one count, seed \(seed)")
    }

    @Test func eachResultHasACountOfItsOwn() {
        let known = Self.results.filter { $0 != .unrecognized(99) }
        let counts = known.map { BatchSummary(counting: [BatchItem(result: $0)]) }
        #expect(Set(counts).count == known.count)
        #expect(counts.allSatisfy { $0.items == 1 && total($0) == 1 })
    }

    private func total(_ summary: BatchSummary) -> UInt32 {
        summary.accepted + summary.inProgress + summary.stopped + summary.alreadyStopped + summary.rejected
            + summary.unknown + summary.failed + summary.withdrawn + summary.notAttempted + summary.pending
    }
}
