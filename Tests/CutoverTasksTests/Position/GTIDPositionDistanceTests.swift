import CutoverTasks
import Testing

@Suite struct GTIDPositionDistanceTests {
    @Test(arguments: [
        ("0-1-5", "0-1-9", UInt64(4)), ("0-1-9", "0-1-5", 0), ("", "0-1-5,1-2-7", 12), ("0-1-5", "0-2-6,1-2-7", 8),
        ("0-1-5,3-1-9", "0-1-6", 1), ("", "0-1-18446744073709551615,1-1-9", .max),
    ])
    func sequencesAreCountedADomainAtATime(_ from: String, _ to: String, _ count: UInt64) throws {
        let from = try #require(GTIDPosition(from))
        let to = try #require(GTIDPosition(to))
        #expect(from.transactions(upTo: to) == count)
    }
}
