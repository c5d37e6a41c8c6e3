import TestVectors
import Testing

/// The rules of PROTOCOL.md, the vectors and the list of what has no vector name each other rightly.
@Suite struct RuleTests {
    /// Rules in the order in which they are defined: ids in bold brackets.
    private static func definedRules() throws -> [String] {
        try VectorFiles.specification().matches(of: /\*\*\[([A-Z]+-[0-9]+)\]\*\*/).map { String($0.1) }
    }

    private static func vectors() throws -> [Vector] {
        try VectorFiles.names().flatMap { try VectorFiles.load($0) }
    }

    @Test func eachRuleIsDefinedOnce() throws {
        let rules = try Self.definedRules()
        #expect(rules.count > 150)
        let counts = Dictionary(grouping: rules, by: { $0 }).filter { $0.value.count > 1 }
        #expect(counts.isEmpty, "defined more than once: \(counts.keys.sorted())")
    }

    @Test func eachRuleThatTheSpecificationRefersToExists() throws {
        let rules = Set(try Self.definedRules())
        let groups = Set(rules.map { $0.prefix { $0 != "-" } })
        let named = try VectorFiles.specification().matches(of: /\b([A-Z]+)-([0-9]+)\b/)
        // UTF-8 and the like are no rules.
        let missing = named.filter { groups.contains($0.1) && !rules.contains("\($0.1)-\($0.2)") }.map { $0.0 }
        #expect(missing.isEmpty, "referred to, but not defined: \(missing)")
    }

    @Test func eachVectorNamesRulesThatExist() throws {
        let rules = Set(try Self.definedRules())
        for vector in try Self.vectors() {
            #expect(!vector.rules.isEmpty, "\(vector.name) names no rule")
            let missing = vector.rules.filter { !rules.contains($0) }
            #expect(missing.isEmpty, "\(vector.name) names \(missing)")
        }
    }

    @Test func eachRuleHasAVectorOrAReasonForNone() throws {
        let rules = Set(try Self.definedRules())
        let shown = Set(try Self.vectors().flatMap(\.rules))
        let uncovered = try VectorFiles.uncoveredRules()
        #expect(rules.subtracting(shown).subtracting(uncovered.keys).sorted() == [], "neither vector nor reason")
        #expect(Set(uncovered.keys).subtracting(rules).sorted() == [], "listed as uncovered, but no rule")
        #expect(Set(uncovered.keys).intersection(shown).sorted() == [], "listed as uncovered, but a vector shows it")
    }

    @Test func vectorsAreManyAndTheirNamesDiffer() throws {
        #expect(try Self.vectors().count >= 120)
        for name in try VectorFiles.names() {
            let names = try VectorFiles.load(name).map(\.name)
            #expect(Set(names).count == names.count, "\(name).json has a name twice")
        }
        for kind in Vector.Kind.allCases { #expect(try !VectorFiles.all(kind).isEmpty) }
    }

    /// The session that PROTOCOL.md prints is, byte for byte, the one of the vectors.
    @Test func theSessionInTheSpecificationIsTheVectors() throws {
        let specification = try VectorFiles.specification()
        let start = try #require(specification.range(of: "## A session in bytes\n"))
        let block = try #require(specification[start.upperBound...].firstMatch(of: /```\n((?s:.*?))\n```/)).1
        var printed: [String] = []
        for line in block.split(separator: "\n") {
            if line.hasPrefix(" ") {
                printed[printed.count - 1] += line
            } else {
                printed.append("")
            }
        }
        let steps = try #require(try VectorFiles.all(.session).first?.steps)
        #expect(try printed.map { try HexNotation.bytes($0) } == steps.map { try HexNotation.bytes($0.bytes) })
    }
}
