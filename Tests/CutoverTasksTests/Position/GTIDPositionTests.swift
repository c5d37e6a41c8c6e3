import CutoverTasks
import Testing
import TestRandom

@Suite struct GTIDPositionTests {
    @Test(arguments: [
        ("", ""), ("0-1-4711", "0-1-4711"), ("1-2-3,0-1-2", "0-1-2,1-2-3"), ("0-1-5, 7-1-9\n", "0-1-5,7-1-9"),
        ("4294967295-4294967295-18446744073709551615", "4294967295-4294967295-18446744073709551615"),
    ])
    func parses(_ text: String, _ canonical: String) {
        #expect(GTIDPosition(text)?.description == canonical)
    }

    @Test(arguments: [
        "0", "0-1", "0-1-2-3", "-1-2", "0--2", "a-1-2", "0-1-x", "+0-1-2", "0-1-+2", "0-1-2,", ",0-1-2", "0-1-2,,1-1-1",
        "0-1-2,0-1-3", "4294967296-1-1", "0-1-18446744073709551616", "0 -1-2", "0-1-2;1-1-1", "mysql-bin.000001:4",
    ])
    func refuses(_ text: String) {
        #expect(GTIDPosition(text) == nil)
    }

    @Test func refusesMoreDomainsThanTheLimit() {
        func text(_ domains: Int) -> String { (0..<domains).map { "\($0)-1-1" }.joined(separator: ",") }
        #expect(GTIDPosition(text(GTIDPosition.maxDomains)) != nil)
        #expect(GTIDPosition(text(GTIDPosition.maxDomains + 1)) == nil)
    }

    @Test func reachesComparesEveryDomainAndNoServer() throws {
        let mine = try #require(GTIDPosition("0-1-10,1-1-5"))
        for (other, expected) in [
            ("", true), ("0-9-10", true), ("0-1-11", false), ("0-1-10,1-1-5", true), ("1-1-6", false), ("2-1-1", false),
            ("2-1-0", true),
        ] {
            #expect(mine.reaches(try #require(GTIDPosition(other))) == expected, "\(other)")
        }
        #expect(!GTIDPosition().reaches(mine))
        #expect(mine.reaches(GTIDPosition()))
    }

    @Test func beyondLooksOnlyAtDomainsThatAreNamed() throws {
        let mine = try #require(GTIDPosition("0-1-10,1-1-5"))
        for (other, expected) in [
            ("", false), ("0-9-10", false), ("0-1-9", true), ("0-1-11,1-1-4", true), ("2-1-1", false), ("1-1-0", true),
        ] {
            #expect(mine.isBeyond(try #require(GTIDPosition(other))) == expected, "\(other)")
        }
        #expect(!GTIDPosition().isBeyond(mine))
    }

    @Test func orderIsPartialAndAdvancesOnly() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        func position() -> GTIDPosition {
            var position = GTIDPosition()
            for domain in 0..<UInt32.random(in: 0...4, using: &random) {
                position.advance(
                    domain: domain,
                    to: .init(
                        serverID: .random(in: 1...3, using: &random), sequence: .random(in: 0...4, using: &random)))
            }
            return position
        }
        for _ in 0..<2_000 {
            let (a, b, c) = (position(), position(), position())
            #expect(GTIDPosition(a.description) == a, "seed \(seed)")
            #expect(a.reaches(a), "seed \(seed)")
            if a.reaches(b), b.reaches(c) { #expect(a.reaches(c), "seed \(seed): \(a) \(b) \(c)") }
            if a.reaches(b), b.reaches(a) {
                let same = (0..<4).allSatisfy { (a.elements[$0]?.sequence ?? 0) == (b.elements[$0]?.sequence ?? 0) }
                #expect(same, "seed \(seed): \(a) \(b)")
            }
            var later = a
            if let (domain, element) = a.elements.first {
                later.advance(domain: domain, to: .init(serverID: 1, sequence: element.sequence + 1))
                #expect(later.reaches(a) && !a.reaches(later), "seed \(seed): \(a)")
            }
        }
    }
}
